using System.Buffers;
using System.Text;
using System.Xml.Linq;
using OrleansBosh.Protocol.Xml;

namespace OrleansBosh.Protocol.Xmpp;

/// <summary>What the root element of a <see cref="Stanza"/> is.</summary>
public enum StanzaKind
{
    /// <summary>Not a stanza in the sense of RFC 6120: SASL elements, stream features, stream errors, CSI …</summary>
    Other,
    Iq,
    Message,
    Presence,
}

/// <summary>A direct child element of a stanza: its local name, its namespace and where its bytes stand in <see cref="Stanza.Tail"/>.</summary>
public readonly record struct StanzaChild(string Name, string Namespace, int Offset, int Length);

/// <summary>The five attributes that routing reads; null where absent.</summary>
public readonly record struct StanzaHeader(string? From, string? To, string? Id, string? Type, string? Lang);

/// <summary>
/// One complete element as UTF-8 bytes that stand alone (every namespace it needs is declared on it), with a header made once at the
/// door. It never changes, so it may be shared freely.
/// </summary>
/// <remarks>
/// The bytes are <c>&lt;name xmlns='…'[ header attributes]</c> followed by <see cref="Tail"/>: further attributes and namespace
/// declarations, the content and the end tag. So a new <c>from</c> costs one copy and no parsing (<see cref="With"/>).
/// Names in <see cref="Bytes"/> are unprefixed, except the literal <c>stream:</c> of features and stream errors (B-XMPP-04, B-XMPP-09).
/// </remarks>
public sealed class Stanza
{
    private const int MaxKeptHead = 16 * 1024;

    // The head's length is known only when it is written; one buffer per thread saves two arrays for each stanza.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _head;

    private readonly byte[] _bytes;
    private readonly int _tailStart;
    private readonly StanzaChild[] _children;

    /// <summary>Puts a stanza together from what a reader found. <paramref name="tail"/> is copied.</summary>
    /// <param name="name">Local name of the root element.</param>
    /// <param name="ns">Namespace of the root element.</param>
    /// <param name="header">The routing attributes, unescaped.</param>
    /// <param name="tail">Everything behind the header attributes, beginning with a space, <c>&gt;</c> or <c>/&gt;</c>.</param>
    /// <param name="children">Direct child elements with offsets into <paramref name="tail"/>; the array is kept.</param>
    public Stanza(string name, string ns, StanzaHeader header, ReadOnlySpan<byte> tail, StanzaChild[] children)
    {
        Name = name;
        Namespace = ns;
        Header = header;
        Kind = ns != Ns.Client ? StanzaKind.Other : name switch
        {
            "iq" => StanzaKind.Iq,
            "message" => StanzaKind.Message,
            "presence" => StanzaKind.Presence,
            _ => StanzaKind.Other,
        };
        _children = children;

        var output = _head ??= new(512);
        output.ResetWrittenCount();
        output.Write("<"u8);
        if (ns == Ns.Stream) output.Write("stream:"u8);
        output.WriteRaw(name);
        output.WriteAttribute(ns == Ns.Stream ? "xmlns:stream" : "xmlns", ns);
        output.WriteAttribute("from", header.From);
        output.WriteAttribute("to", header.To);
        output.WriteAttribute("id", header.Id);
        output.WriteAttribute("type", header.Type);
        output.WriteAttribute("xml:lang", header.Lang);
        _tailStart = output.WrittenCount;
        _bytes = GC.AllocateUninitializedArray<byte>(_tailStart + tail.Length);
        output.WrittenSpan.CopyTo(_bytes);
        tail.CopyTo(_bytes.AsSpan(_tailStart));
        if (output.Capacity > MaxKeptHead) _head = null;
    }

    public StanzaKind Kind { get; }

    /// <summary>Local name of the root element.</summary>
    public string Name { get; }

    /// <summary>Namespace of the root element.</summary>
    public string Namespace { get; }

    public StanzaHeader Header { get; }

    public string? From => Header.From;

    public string? To => Header.To;

    public string? Id => Header.Id;

    public string? Type => Header.Type;

    /// <summary>The element's own <c>xml:lang</c>.</summary>
    public string? Lang => Header.Lang;

    /// <summary>The whole element. Never to be written to.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The part of <see cref="Bytes"/> behind the header attributes.</summary>
    public ReadOnlyMemory<byte> Tail => _bytes.AsMemory(_tailStart);

    public ReadOnlySpan<StanzaChild> Children => _children;

    /// <summary>The first child with that name and namespace, or null.</summary>
    public StanzaChild? Child(string name, string ns)
    {
        foreach (var child in _children)
        {
            if (child.Name == name && child.Namespace == ns) return child;
        }

        return null;
    }

    /// <summary>The same stanza with other routing attributes; the content is copied, not parsed.</summary>
    public Stanza With(StanzaHeader header) =>
        header == Header ? this : new Stanza(Name, Namespace, header, Tail.Span, _children);

    /// <summary>The same stanza from another sender.</summary>
    public Stanza WithFrom(string? from) => With(Header with { From = from });

    /// <summary>The same stanza to another receiver.</summary>
    public Stanza WithTo(string? to) => With(Header with { To = to });

    /// <summary>
    /// The stanza as a tree, for stanzas that this server made. What a peer sent may be well-formed and yet no tree of .NET:
    /// use <see cref="StanzaTree.TryToXElement"/> there.
    /// </summary>
    public XElement ToXElement() => XElement.Parse(Encoding.UTF8.GetString(_bytes), LoadOptions.PreserveWhitespace);

    /// <summary>Builds a stanza in <c>jabber:client</c>. Content elements in the namespace <c>jabber:client</c> or in their own are both fine.</summary>
    /// <param name="name"><c>iq</c>, <c>message</c> or <c>presence</c>.</param>
    /// <param name="header">The routing attributes.</param>
    /// <param name="content">Child elements.</param>
    public static Stanza Create(string name, StanzaHeader header, params ReadOnlySpan<XElement> content) =>
        Create(name, Ns.Client, header, [], content);

    /// <summary>Builds any standalone element, for example <c>stream:features</c> or a SASL challenge.</summary>
    /// <param name="name">Local name of the root element.</param>
    /// <param name="ns">Namespace of the root element.</param>
    /// <param name="header">The routing attributes.</param>
    /// <param name="attributes">Further un-namespaced attributes of the root element.</param>
    /// <param name="content">Child nodes: <see cref="XElement"/> or <see cref="XText"/>.</param>
    public static Stanza Create(
        string name, string ns, StanzaHeader header, ReadOnlySpan<XAttribute> attributes, params ReadOnlySpan<XNode> content)
    {
        var tail = new ArrayBufferWriter<byte>(256);
        foreach (var attribute in attributes) tail.WriteAttribute(attribute.Name.LocalName, attribute.Value);
        if (content.IsEmpty)
        {
            tail.Write("/>"u8);
            return new Stanza(name, ns, header, tail.WrittenSpan, []);
        }

        tail.Write(">"u8);
        var children = new List<StanzaChild>(content.Length);
        foreach (var node in content)
        {
            var start = tail.WrittenCount;
            switch (node)
            {
                case XElement element:
                    tail.WriteRaw(element.ToString(SaveOptions.DisableFormatting));
                    children.Add(new(element.Name.LocalName, element.Name.NamespaceName, start, tail.WrittenCount - start));
                    break;
                case XText text:
                    tail.WriteEscaped(text.Value);
                    break;
                default:
                    throw new ArgumentException("Only elements and text can stand in a stanza.", nameof(content));
            }
        }

        tail.Write(ns == Ns.Stream ? "</stream:"u8 : "</"u8);
        tail.WriteRaw(name);
        tail.Write(">"u8);
        return new Stanza(name, ns, header, tail.WrittenSpan, [.. children]);
    }

    public override string ToString() => $"{Name} type={Type} id={Id} from={From} to={To} ({_bytes.Length} bytes)";
}
