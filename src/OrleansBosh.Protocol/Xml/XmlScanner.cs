using System.Buffers;
using System.Text;

namespace OrleansBosh.Protocol.Xml;

/// <summary>
/// Walks over the restricted XML of XMPP (RFC 6120 §11, B-XML-03) in UTF-8: elements, attributes, text, CDATA sections, the predefined
/// entities and numeric references, and ahead of the root an optional byte order mark and XML declaration. No comments, processing
/// instructions, DTDs. It is as strict as XML 1.0 (fifth edition) and Namespaces in XML 1.0 are.
/// </summary>
/// <remarks>
/// Nothing is copied: names and values are places in the text. The position only moves forward and nesting is a stack on the heap, so
/// time is linear in the size of the text and depth costs no call stack, whatever the text. Dispose it: the stacks are pooled.
/// </remarks>
internal ref struct XmlScanner : IDisposable
{
    private const int UsualDepth = 16;

    private static readonly SearchValues<byte> StopsInText = SearchValues.Create("<&]"u8);
    private static readonly SearchValues<byte> StopsInSingleQuotes = SearchValues.Create("'<&\t\r\n"u8);
    private static readonly SearchValues<byte> StopsInDoubleQuotes = SearchValues.Create("\"<&\t\r\n"u8);

    private readonly XmlLimits _limits;
    private XmlAttributes _attributes;
    private OpenElement[] _open;
    private bool _hasRoot;
    private bool _isEndPending;

    /// <summary>Of the declarations in scope; a field, because a property would hand out copies.</summary>
    public XmlNamespaces Namespaces;

    public XmlScanner(ReadOnlySpan<byte> text, XmlLimits limits)
    {
        Source = text;
        _limits = limits;
        _attributes = new();
        _open = ArrayPool<OpenElement>.Shared.Rent(UsualDepth);
        Namespaces = new();
        if (!XmlChars.AreLegal(text)) Fail("a character that XML or UTF-8 does not allow");
    }

    /// <summary>The whole text.</summary>
    public ReadOnlySpan<byte> Source { get; }

    /// <summary>Where the last token begins.</summary>
    public int TokenStart { get; private set; }

    /// <summary>Where the last token ends and the next one begins.</summary>
    public int Position { get; private set; }

    /// <summary>Open elements: at a start tag with its own element, at an end tag without it.</summary>
    public int Depth { get; private set; }

    /// <summary>At a start tag: the element's name.</summary>
    public XmlName Name { get; private set; }

    /// <summary>At a start tag: it was an empty-element tag.</summary>
    public bool IsEmpty => _isEndPending;

    /// <summary>At a start tag: the binding of the element's name.</summary>
    public int Binding { get; private set; }

    /// <summary>Why the text was refused; says nothing of its content.</summary>
    public string? Fault { get; private set; }

    /// <summary>The limit that the text went beyond; null when it broke the grammar.</summary>
    public XmlLimit? Limit { get; private set; }

    /// <summary>At a start tag: its attributes and namespace declarations.</summary>
    public readonly ReadOnlySpan<XmlAttribute> Attributes => _attributes.Items;

    public readonly ReadOnlySpan<byte> Token => Source[TokenStart..Position];

    public string LocalName => KnownStrings.Get(Name.Local(Source));

    public string Namespace => Namespaces.NamespaceOf(Source, Binding);

    /// <summary>Goes on to the next token.</summary>
    public XmlToken Read()
    {
        if (Fault is not null) return XmlToken.Fault;
        TokenStart = Position;
        if (_isEndPending)
        {
            _isEndPending = false;
            return Leave();
        }

        if (Depth == 0) return ReadOutside();
        var rest = Source[Position..];
        if (rest.IsEmpty) return Fail("the text ends inside an element");
        if (rest[0] != '<') return ReadText();
        return (rest.Length > 1 ? rest[1] : 0) switch
        {
            '/' => ReadEnd(),
            '!' => ReadCData(),
            '?' => Fail("a processing instruction"),
            _ => ReadStart(),
        };
    }

    /// <summary>Refuses the text, also for a reason of the caller's own.</summary>
    public XmlToken Fail(string reason, XmlLimit? limit = null)
    {
        Fault = reason;
        Limit = limit;
        return XmlToken.Fault;
    }

    public void Dispose()
    {
        Namespaces.Dispose();
        _attributes.Dispose();
        ArrayPool<OpenElement>.Shared.Return(_open);
        _open = [];
    }

    // Ahead of the root and behind it: white space, and at the very start a byte order mark and a declaration.
    private XmlToken ReadOutside()
    {
        if (Position == 0)
        {
            if (Source.StartsWith("\uFEFF"u8)) Position = 3;
            var rest = Source[Position..];
            if (XmlDeclaration.StandsAt(rest))
            {
                if (!XmlDeclaration.TryRead(rest, out var length)) return Fail("an XML declaration of another version or encoding");
                Position += length;
            }
        }

        var position = Position;
        SkipSpace(ref position);
        TokenStart = Position = position;
        if (position == Source.Length) return _hasRoot ? XmlToken.End : Fail("no element");
        if (_hasRoot) return Fail("something follows the root element");
        if (Source[position] != '<') return Fail("text ahead of the root element");
        _hasRoot = true;
        return ReadStart();
    }

    private XmlToken ReadText()
    {
        var position = Position;
        while (true)
        {
            var at = Source[position..].IndexOfAny(StopsInText);
            if (at < 0) return Fail("the text ends inside an element");
            position += at;
            switch (Source[position])
            {
                case (byte)'<':
                    Position = position;
                    return XmlToken.Text;
                case (byte)'&':
                    if (!XmlReference.TryRead(Source[position..], out _, out var length)) return Fail("an unknown reference");
                    position += length;
                    break;
                default:
                    if (Source[position..].StartsWith("]]>"u8)) return Fail("the end of a CDATA section in text");
                    position++;
                    break;
            }
        }
    }

    private XmlToken ReadCData()
    {
        var rest = Source[Position..];
        if (!rest.StartsWith("<![CDATA["u8)) return Fail("a comment or a declaration");
        var end = rest[9..].IndexOf("]]>"u8);
        if (end < 0) return Fail("a CDATA section without end");
        Position += 9 + end + 3;
        return XmlToken.CData;
    }

    private XmlToken ReadEnd()
    {
        var position = Position + 2;
        var name = _open[Depth - 1].Name.Qualified(Source);
        if (!Source[position..].StartsWith(name)) return Fail("an end tag without its start tag");
        position += name.Length;
        SkipSpace(ref position);
        if (position >= Source.Length || Source[position] != '>') return Fail("an end tag without its start tag");
        Position = position + 1;
        return Leave();
    }

    private XmlToken Leave()
    {
        Depth--;
        Namespaces.Leave(_open[Depth].OuterBindings);
        return XmlToken.EndElement;
    }

    private XmlToken ReadStart()
    {
        var position = Position + 1;
        if (!TryReadName(ref position, out var name)) return Fail("no name in a start tag");
        var outer = Namespaces.Count;
        _attributes.Clear();
        while (true)
        {
            var hasSpace = SkipSpace(ref position);
            if (position >= Source.Length) return Fail("the text ends inside a tag");
            if (Source[position] is (byte)'>' or (byte)'/') break;
            if (!hasSpace) return Fail("no space ahead of an attribute");
            if (!TryReadAttribute(ref position)) return XmlToken.Fault;
        }

        if (Source[position] == '/')
        {
            position++;
            if (position >= Source.Length || Source[position] != '>') return Fail("a lone slash in a tag");
            _isEndPending = true;
        }

        if (Depth >= _limits.MaxDepth) return Fail("too many nested elements", XmlLimit.Depth);
        if (Depth == _open.Length) GrowOpen();
        _open[Depth++] = new(name, outer);
        Name = name;
        Binding = Namespaces.ResolveElement(Source, name);
        if (Binding is XmlNamespaces.Unbound or XmlNamespaces.Xmlns) return Fail("an element's prefix is not declared");
        // Only now: a declaration holds for the whole tag, also for what stands ahead of it.
        if (!_attributes.TryResolve(Source, ref Namespaces)) return Fail("an attribute's prefix is not declared");
        if (_attributes.HasDuplicate(Source, ref Namespaces)) return Fail("an attribute stands twice");
        Position = position + 1;
        return XmlToken.StartElement;
    }

    private bool TryReadAttribute(ref int position)
    {
        if (_attributes.Count >= _limits.MaxAttributes) return Refuse("too many attributes", XmlLimit.Attributes);
        if (!TryReadName(ref position, out var name)) return Refuse("no name of an attribute");
        SkipSpace(ref position);
        if (position >= Source.Length || Source[position] != '=') return Refuse("an attribute without value");
        position++;
        SkipSpace(ref position);
        if (position >= Source.Length || Source[position] is not ((byte)'\'' or (byte)'"')) return Refuse("a value without quotes");
        var start = position + 1;
        if (!TryFindQuote(start, Source[position], out var end, out var isPlain)) return false;
        position = end + 1;

        ref var attribute = ref _attributes.Add();
        attribute = new XmlAttribute
        {
            Name = name,
            ValueStart = start,
            ValueLength = end - start,
            IsPlain = isPlain,
            IsDeclaration = (name.IsPrefixed ? name.Prefix(Source) : name.Qualified(Source)).SequenceEqual("xmlns"u8),
            Binding = XmlNamespaces.None,
        };
        return !attribute.IsDeclaration || Namespaces.Declare(Source, attribute) is not { } reason || Refuse(reason);
    }

    private bool Refuse(string reason, XmlLimit? limit = null) => Fail(reason, limit) != XmlToken.Fault;

    private bool TryFindQuote(int start, byte quote, out int end, out bool isPlain)
    {
        isPlain = true;
        end = start;
        var stops = quote == '\'' ? StopsInSingleQuotes : StopsInDoubleQuotes;
        while (true)
        {
            var at = Source[end..].IndexOfAny(stops);
            if (at < 0) return Refuse("the text ends inside a value");
            end += at;
            var stop = Source[end];
            if (stop == quote) return true;
            if (stop == '<') return Refuse("a tag begins inside a value");
            isPlain = false;
            var length = 1;
            if (stop == '&' && !XmlReference.TryRead(Source[end..], out _, out length)) return Refuse("an unknown reference");
            end += length;
        }
    }

    // NCName or NCName ':' NCName. Stops ahead of the first byte that belongs to neither; what stands there is the caller's matter.
    private readonly bool TryReadName(ref int position, out XmlName name)
    {
        var text = Source;
        var at = position;
        var prefixLength = 0;
        var isFirst = true;
        while (at < text.Length)
        {
            var b = text[at];
            if (b < 0x80)
            {
                if (XmlChars.IsAsciiName(b, isFirst))
                {
                    at++;
                    isFirst = false;
                    continue;
                }

                if (b != ':' || isFirst || prefixLength > 0) break;
                prefixLength = at - position;
                at++;
                isFirst = true;
                continue;
            }

            _ = Rune.DecodeFromUtf8(text[at..], out var rune, out var length);
            if (!XmlChars.IsName(rune, isFirst)) break;
            at += length;
            isFirst = false;
        }

        name = new(position, at - position, prefixLength);
        position = at;
        return !isFirst;
    }

    private readonly bool SkipSpace(ref int position)
    {
        var start = position;
        while (position < Source.Length && XmlChars.IsSpace(Source[position])) position++;
        return position > start;
    }

    private void GrowOpen()
    {
        var larger = ArrayPool<OpenElement>.Shared.Rent(_open.Length * 2);
        _open.CopyTo(larger, 0);
        ArrayPool<OpenElement>.Shared.Return(_open);
        _open = larger;
    }

    private readonly record struct OpenElement(XmlName Name, int OuterBindings);
}
