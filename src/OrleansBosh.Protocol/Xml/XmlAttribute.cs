namespace OrleansBosh.Protocol.Xml;

/// <summary>An attribute or namespace declaration of the element at hand, by its place in the text.</summary>
internal struct XmlAttribute
{
    public XmlName Name;
    public int ValueStart;
    public int ValueLength;

    /// <summary>The raw value is the value: no reference, tab or line end in it.</summary>
    public bool IsPlain;

    /// <summary><c>xmlns</c> or <c>xmlns:…</c>.</summary>
    public bool IsDeclaration;

    /// <summary>The binding of the prefix (see <see cref="XmlNamespaces"/>); <see cref="XmlNamespaces.None"/> without a prefix.</summary>
    public int Binding;

    /// <summary>From the first byte of the name to the closing quote.</summary>
    public readonly ReadOnlySpan<byte> Raw(ReadOnlySpan<byte> text) => text[Name.Start..(ValueStart + ValueLength + 1)];

    public readonly ReadOnlySpan<byte> RawValue(ReadOnlySpan<byte> text) => text.Slice(ValueStart, ValueLength);

    public readonly string Value(ReadOnlySpan<byte> text) => XmlDecoder.Attribute(RawValue(text), IsPlain);
}
