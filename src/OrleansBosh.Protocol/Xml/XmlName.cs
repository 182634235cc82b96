namespace OrleansBosh.Protocol.Xml;

/// <summary>A qualified name by its place in the text.</summary>
/// <param name="start">Where it begins.</param>
/// <param name="length">Its bytes, prefix and colon included.</param>
/// <param name="prefixLength">Bytes of the prefix; 0 for none.</param>
internal readonly struct XmlName(int start, int length, int prefixLength)
{
    public int Start { get; } = start;

    public int Length { get; } = length;

    public int PrefixLength { get; } = prefixLength;

    public bool IsPrefixed => PrefixLength > 0;

    public ReadOnlySpan<byte> Qualified(ReadOnlySpan<byte> text) => text.Slice(Start, Length);

    public ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> text) => text.Slice(Start, PrefixLength);

    public ReadOnlySpan<byte> Local(ReadOnlySpan<byte> text) =>
        PrefixLength == 0 ? text.Slice(Start, Length) : text[(Start + PrefixLength + 1)..(Start + Length)];
}
