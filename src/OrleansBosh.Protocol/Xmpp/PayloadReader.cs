using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using OrleansBosh.Protocol.Xml;

namespace OrleansBosh.Protocol.Xmpp;

/// <summary>
/// Makes a <see cref="Stanza"/> that stands alone of an element inside a document. One reader serves all payloads of a body.
/// </summary>
/// <remarks>
/// The content is copied byte for byte: CDATA sections, references and raw line ends mean the same to the next parser. What changes:
/// <list type="bullet">
/// <item>The five header attributes are decoded, and written anew by <see cref="Stanza"/>; the others keep their bytes, one space
/// apart.</item>
/// <item>Declarations of the wrapper that the element needs are repeated on it.</item>
/// <item>A root in httpbind, or in no namespace, is in <c>jabber:client</c>, with every element that inherits its default namespace
/// (B-XMPP-09). An element inside that names httpbind itself, by a prefix or an <c>xmlns</c> of its own, stays there.</item>
/// <item>A prefix of the root's name is dropped. If that changes the default namespace of its children, each of them that has no
/// <c>xmlns</c> of its own gets one. A root in the streams namespace is named <c>stream:…</c> instead.</item>
/// <item>The root's end tag is written anew, for its name may have changed.</item>
/// </list>
/// </remarks>
internal sealed class PayloadReader
{
    private const int MaxKeptTail = 64 * 1024;
    private const int MaxKeptChildren = 256;

    [ThreadStatic]
    private static PayloadReader? _spare;

    private readonly ArrayBufferWriter<byte> _tail = new(1024);
    private readonly List<StanzaChild> _children = [];
    private readonly List<int> _bareChildren = [];
    private int _wrapperBindings;
    private int _addedBytes;

    private PayloadReader()
    {
    }

    /// <summary>Takes the thread's reader, or makes one; hand it back with <see cref="Return"/>.</summary>
    /// <param name="wrapperBindings">Declarations in scope around the elements; 0 when they stand alone already.</param>
    /// <param name="addedBytes">
    /// How many bytes of declarations may be added in total: without a bound, a long namespace on the wrapper and many small elements
    /// that use it would make a large answer of a small request.
    /// </param>
    public static PayloadReader Rent(int wrapperBindings, int addedBytes)
    {
        var reader = _spare ?? new();
        _spare = null;
        reader._wrapperBindings = wrapperBindings;
        reader._addedBytes = addedBytes;
        return reader;
    }

    /// <summary>Keeps the reader for the thread's next document, unless a large one has blown it up.</summary>
    public void Return()
    {
        _children.Clear();
        var isLarge = _tail.Capacity > MaxKeptTail || _children.Capacity > MaxKeptChildren || _bareChildren.Capacity > MaxKeptChildren;
        if (!isLarge) _spare = this;
    }

    /// <summary>Reads the element whose start tag is the scanner's token, up to its end tag; false with the scanner's fault set.</summary>
    public bool TryRead(ref XmlScanner scanner, [NotNullWhen(true)] out Stanza? stanza)
    {
        stanza = null;
        _tail.ResetWrittenCount();
        _children.Clear();
        _bareChildren.Clear();
        scanner.Namespaces.Stamp++;

        var name = scanner.LocalName;
        var defaultBinding = scanner.Namespaces.Default;
        var defaultNs = StanzaNamespace(scanner.Namespaces.NamespaceOf(scanner.Source, defaultBinding));
        var ns = scanner.Name.IsPrefixed ? StanzaNamespace(scanner.Namespace) : defaultNs;
        var isStream = ns == Ns.Stream;
        if (ns == Ns.Xml) return Refuse(ref scanner, "a root in the namespace of the prefix xml");
        if (isStream && !IsStreamPrefixFree(ref scanner)) return false;
        if (scanner.Binding < _wrapperBindings && !TryAdd(ref scanner, ns.Length)) return false;

        ReadAttributes(ref scanner, isStream, out var header);
        var isEmpty = scanner.IsEmpty;
        var contentStart = scanner.Position;
        if (!TryReadContent(ref scanner, defaultBinding, defaultNs)) return false;

        if (!TryAddWrapperDeclarations(ref scanner, isStream)) return false;
        if (isStream && _bareChildren.Count > 0)
        {
            // The prefix leaves xmlns free, so the children's default namespace can stay on the root.
            WriteDefault(defaultNs);
            _bareChildren.Clear();
        }

        if (isEmpty)
        {
            _tail.Write("/>"u8);
        }
        else
        {
            _tail.Write(">"u8);
            if (ns == defaultNs) _bareChildren.Clear();
            if (!TryWriteContent(ref scanner, contentStart, defaultNs)) return false;
            _tail.Write(isStream ? "</stream:"u8 : "</"u8);
            _tail.WriteRaw(name);
            _tail.Write(">"u8);
        }

        stanza = new Stanza(name, ns, header, _tail.WrittenSpan, [.. _children]);
        return true;
    }

    private static string StanzaNamespace(string ns) => ns is "" or Ns.HttpBind ? Ns.Client : ns;

    // Another meaning of the prefix could not survive the literal "stream:" on the root; RFC 6120 §4.8.5 knows no other meaning.
    private static bool IsStreamPrefixFree(ref XmlScanner scanner)
    {
        var binding = scanner.Namespaces.ResolvePrefix(scanner.Source, "stream"u8);
        return binding == XmlNamespaces.Unbound
            || scanner.Namespaces.NamespaceOf(scanner.Source, binding) == Ns.Stream
            || Refuse(ref scanner, "the prefix stream is bound to another namespace");
    }

    private void ReadAttributes(ref XmlScanner scanner, bool isStream, out StanzaHeader header)
    {
        var text = scanner.Source;
        string? from = null, to = null, id = null, type = null, lang = null;
        foreach (var attribute in scanner.Attributes)
        {
            var local = attribute.Name.Local(text);
            if (attribute.IsDeclaration)
            {
                // The default is written by Stanza or pushed to the children, xmlns:stream by Stanza for a root in that namespace.
                if (!attribute.Name.IsPrefixed || (isStream && local.SequenceEqual("stream"u8))) continue;
            }
            else if (attribute.Binding == XmlNamespaces.Xml)
            {
                if (local.SequenceEqual("lang"u8))
                {
                    lang = attribute.Value(text);
                    continue;
                }
            }
            else if (attribute.Name.IsPrefixed)
            {
                scanner.Namespaces.Use(attribute.Binding);
            }
            else if (local.SequenceEqual("to"u8))
            {
                to = attribute.Value(text);
                continue;
            }
            else if (local.SequenceEqual("from"u8))
            {
                from = attribute.Value(text);
                continue;
            }
            else if (local.SequenceEqual("id"u8))
            {
                id = attribute.Value(text);
                continue;
            }
            else if (local.SequenceEqual("type"u8))
            {
                type = attribute.Value(text);
                continue;
            }

            _tail.Write(" "u8);
            _tail.Write(attribute.Raw(text));
        }

        header = new(from, to, id, type, lang);
    }

    // Notes the children, with places in the source for now, and which of them have no xmlns of their own.
    private bool TryReadContent(ref XmlScanner scanner, int defaultBinding, string defaultNs)
    {
        var rootDepth = scanner.Depth;
        var start = 0;
        var name = "";
        var ns = "";
        while (true)
        {
            switch (scanner.Read())
            {
                case XmlToken.Fault:
                    return false;
                case XmlToken.StartElement when scanner.Depth == rootDepth + 1:
                    start = scanner.TokenStart;
                    name = scanner.LocalName;
                    ns = !scanner.Name.IsPrefixed && scanner.Binding == defaultBinding ? defaultNs : scanner.Namespace;
                    if (scanner.Namespaces.Default == defaultBinding) _bareChildren.Add(_children.Count);
                    break;
                case XmlToken.EndElement when scanner.Depth == rootDepth:
                    _children.Add(new(name, ns, start, scanner.Position - start));
                    break;
                case XmlToken.EndElement when scanner.Depth < rootDepth:
                    return true;
            }
        }
    }

    private bool TryAddWrapperDeclarations(ref XmlScanner scanner, bool isStream)
    {
        for (var i = 0; i < _wrapperBindings; i++)
        {
            if (!scanner.Namespaces.IsUsed(i)) continue;
            var declaration = scanner.Namespaces.DeclarationOf(i);
            if (!declaration.Name.IsPrefixed) continue;
            if (isStream && declaration.Name.Local(scanner.Source).SequenceEqual("stream"u8)) continue;
            var raw = declaration.Raw(scanner.Source);
            if (!TryAdd(ref scanner, raw.Length)) return false;
            _tail.Write(" "u8);
            _tail.Write(raw);
        }

        return true;
    }

    // Copies the content and turns the children's places in the source into places in the tail.
    private bool TryWriteContent(ref XmlScanner scanner, int contentStart, string defaultNs)
    {
        var text = scanner.Source;
        var copied = contentStart;
        var shift = _tail.WrittenCount - contentStart;
        var bare = 0;
        for (var i = 0; i < _children.Count; i++)
        {
            var child = _children[i];
            var length = child.Length;
            if (bare < _bareChildren.Count && _bareChildren[bare] == i)
            {
                bare++;
                if (!TryAdd(ref scanner, defaultNs.Length)) return false;
                var nameEnd = child.Offset + 1;
                while (!XmlChars.IsSpace(text[nameEnd]) && text[nameEnd] is not ((byte)'>' or (byte)'/')) nameEnd++;
                _tail.Write(text[copied..nameEnd]);
                copied = nameEnd;
                var before = _tail.WrittenCount;
                WriteDefault(defaultNs);
                length += _tail.WrittenCount - before;
            }

            _children[i] = child with { Offset = child.Offset + shift, Length = length };
            shift += length - child.Length;
        }

        _tail.Write(text[copied..scanner.TokenStart]);
        return true;
    }

    private void WriteDefault(string ns) => _tail.WriteAttribute("xmlns", ns);

    private bool TryAdd(ref XmlScanner scanner, int bytes)
    {
        _addedBytes -= bytes;
        return _addedBytes >= 0 || Refuse(ref scanner, "too many bytes of namespace declarations to repeat", XmlLimit.PayloadBytes);
    }

    private static bool Refuse(ref XmlScanner scanner, string reason, XmlLimit? limit = null)
    {
        scanner.Fail(reason, limit);
        return false;
    }
}
