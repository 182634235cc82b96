using System.Text;
using BenchmarkDotNet.Attributes;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Benchmarks;

/// <summary>From bytes to a body and back.</summary>
public class ParsingBenchmarks
{
    private const string Attributes = "sid='dXaQw1n8yVYx0yq0hJdXaQw1n8yVYx0yq0hJ'";

    private readonly byte[] _stanza = Encoding.UTF8.GetBytes(Wire.Ping);
    private readonly byte[] _empty = Wire.Entity(1719203984, Attributes, "");
    private readonly byte[] _ping = Wire.Entity(1719203984, Attributes, Wire.Ping);
    private readonly byte[] _messages = Wire.Entity(1719203984, Attributes, string.Concat(Enumerable.Repeat(Wire.Message("juliet@localhost/balcony"), 8)));
    private readonly BoshBodyLimits _limits = new();
    private readonly Stanza[] _answer = [Wire.Stanza(Wire.Ping)];

    /// <summary>The scanner itself is internal; this is its work on one element and a header made of it.</summary>
    [Benchmark(Description = "scanner: one stanza with its header")]
    public bool Scan() => StanzaReader.TryRead(_stanza, out _);

    [Benchmark(Description = "reader: empty body")]
    public bool ReadEmpty() => BoshBodyReader.TryRead(_empty, _limits, out _, out _);

    [Benchmark(Description = "reader: body with a ping")]
    public bool ReadPing() => BoshBodyReader.TryRead(_ping, _limits, out _, out _);

    [Benchmark(Description = "reader: body with 8 messages")]
    public bool ReadMessages() => BoshBodyReader.TryRead(_messages, _limits, out _, out _);

    [Benchmark(Description = "writer: body with one stanza")]
    public byte[] Write() => new BoshBodyWriter("node1.example", _answer).Finish();
}
