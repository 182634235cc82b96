using System.Globalization;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Scenarios;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

/// <summary>
/// A tiny connection manager for one session that echoes every message. It keeps the rules that a client relies on when connections
/// break: requests are processed once and in order, every answer can be had again, a repeat takes over from the request it repeats.
/// </summary>
internal sealed class EchoNode(RawServer server, int messages)
{
    private readonly SortedDictionary<long, RawRequest> _open = [];
    private readonly Dictionary<long, (string Payload, string Attributes)> _answers = [];
    private readonly List<string> _waiting = [];
    private int _sessions;
    private long _last;
    private bool _hasEnded;

    /// <summary>The numbers of the messages as this side processed them.</summary>
    public SequenceCheck Arrived { get; } = new(messages);

    /// <summary>Answers given more than once.</summary>
    public int Replays { get; private set; }

    /// <summary>Runs until it is cancelled from outside by the end of the server.</summary>
    public async Task RunAsync()
    {
        while (!server.Limit.IsCancellationRequested)
            await ReceiveAsync(await server.NextAsync());
    }

    private async Task ReceiveAsync(RawRequest request)
    {
        if (request.Attribute("sid") is null)
        {
            await CreateAsync(request);
            return;
        }

        if (_answers.TryGetValue(request.Rid, out var answer))
        {
            Replays++;
            await WriteAsync(request, answer);
            return;
        }

        _open[request.Rid] = request;
        while (_open.TryGetValue(_last + 1, out var next))
        {
            _last++;
            Process(next.Body);
        }

        // The request that came last is held, unless there is something to say on it.
        foreach (var rid in _open.Keys.Where(r => r <= _last).ToList())
        {
            if (_waiting.Count > 0 || rid < _last || _hasEnded)
                await AnswerAsync(rid);
        }
    }

    private async Task CreateAsync(RawRequest request)
    {
        _open.Clear();
        _answers.Clear();
        _last = request.Rid;
        await WriteAsync(request, (RawServer.Mechanisms("ANONYMOUS"),
            $"sid='s{++_sessions}' wait='60' hold='1' requests='2' xmlns:stream='{BoshNames.Streams}'"));
    }

    private void Process(XElement body)
    {
        _hasEnded |= body.Attribute("type")?.Value == "terminate";
        if (body.Attribute(BoshNames.XBosh + "restart") is not null)
            _waiting.Add(RawServer.Features("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"));
        foreach (var payload in body.Elements())
        {
            if (payload.Name.LocalName == "auth")
                _waiting.Add("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
            else if (payload.Name.LocalName == "iq")
                _waiting.Add(RawServer.BindResult(payload.Attribute("id")!.Value));
            else if (payload.Name.LocalName == "message")
                Echo(payload);
        }
    }

    private void Echo(XElement message)
    {
        Arrived.Add(int.Parse(message.Value, CultureInfo.InvariantCulture));
        _waiting.Add(message.ToString(SaveOptions.DisableFormatting));
    }

    private async Task AnswerAsync(long rid)
    {
        _open.Remove(rid, out var request);
        var answer = (string.Concat(_waiting), $"xmlns:stream='{BoshNames.Streams}'{(_hasEnded ? " type='terminate'" : "")}");
        _waiting.Clear();
        _answers[rid] = answer;
        await WriteAsync(request!, answer);
    }

    private static async Task WriteAsync(RawRequest request, (string Payload, string Attributes) answer)
    {
        try
        {
            await request.AnswerAsync(answer.Payload, answer.Attributes);
        }
        catch (IOException)
        {
            // The client has cut this connection; it will repeat the request and get the same answer.
        }
    }
}
