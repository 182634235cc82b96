using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Bosh.Model;

/// <summary>A client that keeps to the rules of XEP-0124, with the half of the oracle that it can see.</summary>
internal sealed class ModelClient
{
    private const int KeysInChain = 2000;
    private readonly ModelConfig _config;
    private readonly IReadOnlyList<string> _sentByServer;
    private readonly SortedDictionary<long, ModelRequest> _open = [];
    private readonly string[] _keys;
    private long _nextRid = SessionScript.R0;
    private long _readUpTo;
    private int _stanzas;

    public ModelClient(ModelConfig config, IReadOnlyList<string> sentByServer)
    {
        _config = config;
        _sentByServer = sentByServer;
        _keys = config.Keys ? KeyChain() : [];
    }

    /// <summary>Ids of the stanzas sent, in the order in which they must arrive.</summary>
    public List<string> Sent { get; } = [];

    /// <summary>How many of the server's stanzas have been read, in order.</summary>
    public int Read { get; private set; }

    /// <summary>Requests without an answer, or with one that cannot be read yet because one before it is missing.</summary>
    public IReadOnlyCollection<ModelRequest> Open => _open.Values;

    public IEnumerable<ModelRequest> Unanswered => _open.Values.Where(request => request.Received is null);

    public DateTimeOffset LastAnswerAt { get; private set; }

    /// <summary>Pauses sent: their seconds and their rids. Each is in force until the server has the next request.</summary>
    public List<(int Seconds, long Rid)> Pauses { get; } = [];

    public bool CanSend => !Unanswered.Any(request => request.IsPause) && _open.Count < Math.Min(_config.Requests, _config.Connections);

    /// <summary>A client that polls waits between two empty requests (B-POLL-02).</summary>
    public bool CanSendEmpty(DateTimeOffset now) =>
        CanSend && (!_config.IsPolling || (_open.Count == 0 && now - LastAnswerAt >= TimeSpan.FromSeconds(2)));

    /// <summary>A pause request may be one more than <c>requests</c> (B-OVER-02).</summary>
    public bool CanPause => !Unanswered.Any(request => request.IsPause) && _open.Count <= _config.Requests;

    public ModelRequest CreateSession() => Add(new()
    {
        Rid = _nextRid,
        Wait = $"{_config.Wait}",
        Hold = $"{_config.Hold}",
        Ver = "1.11",
        Ack = _config.Acks ? "1" : null,
        NewKey = _config.Keys ? _keys[^1] : null,
    });

    public ModelRequest Next(int payload, bool isRestart = false, int? pause = null, bool isTerminate = false)
    {
        var stanzas = new Stanza[isRestart ? 0 : payload];
        for (var i = 0; i < stanzas.Length; i++) stanzas[i] = SessionScript.Message($"c{++_stanzas}");
        if (isRestart) Sent.Add($"restart{_nextRid}");
        Sent.AddRange(stanzas.Select(stanza => stanza.Id!));
        if (pause is not null) Pauses.Add((pause.Value, _nextRid));
        return Add(new()
        {
            Rid = _nextRid,
            Sid = SessionScript.Sid,
            // B-ACK-05: left out, it says that everything below has been received.
            Ack = _config.Acks && _readUpTo != _nextRid - 1 ? $"{_readUpTo}" : null,
            Key = _config.Keys ? _keys[^(int)(_nextRid - SessionScript.R0 + 1)] : null,
            Pause = pause?.ToString(CultureInfo.InvariantCulture),
            Type = isTerminate ? "terminate" : null,
            Restart = isRestart,
            Payloads = stanzas,
        });
    }

    /// <summary>An answer arrived on a connection on which the client still listens.</summary>
    /// <returns>False when it was not the answer, but the news that another copy of the request has taken the place (B-RTX-04).</returns>
    public bool Receive(ModelRequest request, BoshAnswer answer, DateTimeOffset now)
    {
        var body = XElement.Parse(Encoding.UTF8.GetString(answer.Entity));
        if ((string?)body.Attribute("type") == "error") return false;
        Assert.Null((string?)body.Attribute("condition"));
        request.Received = answer;
        LastAnswerAt = now;
        if ((string?)body.Attribute("report") is { } report)
        {
            Assert.True(_config.Acks);
            var missed = long.Parse(request.Body.Ack!, CultureInfo.InvariantCulture) + 1;
            Assert.Equal(missed, long.Parse(report, CultureInfo.InvariantCulture));
        }

        while (_open.Count > 0 && _open.First().Value is { Received: { } next } lowest)
        {
            _open.Remove(lowest.Rid);
            _readUpTo = lowest.Rid;
            ReadPayload(lowest, next);
        }

        return true;
    }

    private ModelRequest Add(BoshBody body)
    {
        var request = new ModelRequest(body);
        _open.Add(_nextRid++, request);
        return request;
    }

    private void ReadPayload(ModelRequest request, BoshAnswer answer)
    {
        foreach (var element in XElement.Parse(Encoding.UTF8.GetString(answer.Entity)).Elements())
        {
            Assert.False(request.IsPause, "A pause was answered with payload.");
            Assert.True(Read < _sentByServer.Count, "The client got a stanza too many.");
            Assert.Equal(_sentByServer[Read++], (string?)element.Attribute("id"));
        }
    }

    private static string[] KeyChain()
    {
        var keys = new string[KeysInChain];
        keys[0] = "seed";
        for (var i = 1; i < keys.Length; i++)
        {
#pragma warning disable CA5350 // what the XEP prescribes
            keys[i] = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(keys[i - 1])));
#pragma warning restore CA5350
        }

        return keys;
    }
}
