using System.Collections.Concurrent;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Load.Live;

/// <summary>Figures of one client, or of all that share the object. Thread-safe.</summary>
public sealed class ClientMetrics
{
    private readonly ConcurrentDictionary<string, byte> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private long _requests;
    private long _repeats;
    private long _connections;
    private long _bytesSent;
    private long _bytesReceived;
    private long _stanzasSent;
    private long _stanzasReceived;
    private long _chunkedAnswers;

    /// <summary>Requests, repeats not counted.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Requests sent again after a broken connection, a time-out, HTTP 5xx or <c>type='error'</c>.</summary>
    public long Repeats => Interlocked.Read(ref _repeats);

    /// <summary>Connections opened.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>Bytes of HTTP written and read.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public long BytesReceived => Interlocked.Read(ref _bytesReceived);
    public long StanzasSent => Interlocked.Read(ref _stanzasSent);
    public long StanzasReceived => Interlocked.Read(ref _stanzasReceived);

    /// <summary>Answers in the chunked coding, which some real clients cannot read (B-HTTP-06).</summary>
    public long ChunkedAnswers => Interlocked.Read(ref _chunkedAnswers);

    /// <summary>Every value of <c>host</c> that was seen.</summary>
    public IReadOnlyCollection<string> Hosts => [.. _hosts.Keys];

    /// <summary>From the sending of a request to its answer, holding included.</summary>
    public LatencySamples AnswerTimes { get; } = new();

    /// <summary>From <c>IqAsync</c> to its result.</summary>
    public LatencySamples IqTimes { get; } = new();

    internal void CountRequest() => Interlocked.Increment(ref _requests);

    internal void CountRepeat() => Interlocked.Increment(ref _repeats);

    internal void CountConnection() => Interlocked.Increment(ref _connections);

    internal void CountBytes(long sent, long received)
    {
        Interlocked.Add(ref _bytesSent, sent);
        Interlocked.Add(ref _bytesReceived, received);
    }

    internal void CountSentStanzas(int count) => Interlocked.Add(ref _stanzasSent, count);

    internal void CountReceivedStanza() => Interlocked.Increment(ref _stanzasReceived);

    internal void CountAnswer(BoshAnswer answer, TimeSpan time)
    {
        AnswerTimes.Add(time);
        if (answer.Host is { } host)
            _hosts.TryAdd(host, 0);
        if (answer.Http?.Framing == HttpFraming.Chunked)
            Interlocked.Increment(ref _chunkedAnswers);
    }
}
