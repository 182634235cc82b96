using System.Buffers;
using System.Globalization;
using OrleansBosh.Protocol.Xml;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>Renders the <c>&lt;body/&gt;</c> of an answer: attributes, then stanzas copied as they are.</summary>
public ref struct BoshBodyWriter
{
    private const int Overhead = 320;
    private const int MaxKept = 64 * 1024;

    // The length of a body is known only when it is written; one buffer per thread saves an array for each.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _kept;

    private readonly ArrayBufferWriter<byte> _output;

    /// <summary>Begins a body.</summary>
    /// <param name="host">The public name of the node that owns the session; null when it is not advertised.</param>
    /// <param name="stanzas">What the body will hold; finish with <see cref="Finish"/>.</param>
    public BoshBodyWriter(string? host, IReadOnlyList<Stanza> stanzas)
    {
        var size = Overhead;
        var hasStreamElement = false;
        for (var i = 0; i < stanzas.Count; i++)
        {
            size += stanzas[i].Bytes.Length;
            hasStreamElement |= stanzas[i].Namespace == Ns.Stream;
        }

        // Taken while it is in use: nothing is written into it by two.
        _output = _kept ?? new(size);
        _kept = null;
        _output.Write("<body xmlns='http://jabber.org/protocol/httpbind'"u8);
        // B-XMPP-04: clients look for the literal prefix, and for its declaration on the body.
        if (hasStreamElement) _output.Write(" xmlns:stream='http://etherx.jabber.org/streams'"u8);
        _output.WriteAttribute("host", host);
        Stanzas = stanzas;
    }

    private IReadOnlyList<Stanza> Stanzas { get; }

    public readonly void Attribute(string name, string? value) => _output.WriteAttribute(name, value);

    public readonly void Attribute(string name, long value) => _output.WriteAttribute(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Durations are whole seconds on the wire.</summary>
    public readonly void Attribute(string name, TimeSpan value) => Attribute(name, (long)value.TotalSeconds);

    /// <summary>Closes the start tag, adds the stanzas and the end tag.</summary>
    public readonly byte[] Finish()
    {
        _output.Write(Stanzas.Count == 0 ? "/>"u8 : ">"u8);
        for (var i = 0; i < Stanzas.Count; i++) _output.Write(Stanzas[i].Bytes.Span);
        if (Stanzas.Count > 0) _output.Write("</body>"u8);
        var body = _output.WrittenSpan.ToArray();
        _output.ResetWrittenCount();
        if (_output.Capacity <= MaxKept) _kept = _output;
        return body;
    }

    /// <summary>A terminate body (XEP-0124 §13, §17.2).</summary>
    /// <param name="condition">Why.</param>
    /// <param name="host">See the constructor.</param>
    /// <param name="isLegacy">The client sent no <c>ver</c>: some conditions have an HTTP status of their own (B-LEG-02).</param>
    /// <param name="contentType">The Content-Type of the session.</param>
    /// <param name="children">A copy of the stream error, for <c>remote-stream-error</c>.</param>
    public static BoshAnswer Terminate(
        BoshCondition condition,
        string? host = null,
        bool isLegacy = false,
        string contentType = BoshAnswer.DefaultContentType,
        params IReadOnlyList<Stanza> children)
    {
        var body = new BoshBodyWriter(host, children);
        body.Attribute("type", "terminate");
        body.Attribute("condition", condition.ToWire());
        return new(condition.HttpStatus(isLegacy), contentType, body.Finish());
    }
}
