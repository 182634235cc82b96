namespace OrleansBosh.Protocol.Xml;

/// <summary>The references that may stand in XMPP: five predefined entities and numbers (RFC 6120 §11.1, B-XML-03).</summary>
internal static class XmlReference
{
    /// <summary>Reads the reference at the start of <paramref name="text"/>, which begins with <c>&amp;</c>.</summary>
    /// <param name="text">The text from the ampersand on.</param>
    /// <param name="codePoint">The character that is meant.</param>
    /// <param name="length">Bytes of the reference, with ampersand and semicolon.</param>
    /// <returns>False for another entity, a number that is no legal character, or a reference without end.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, out int codePoint, out int length)
    {
        if (text.Length > 1 && text[1] == '#') return TryReadNumber(text, out codePoint, out length);
        (codePoint, length) = text switch
        {
            _ when text.StartsWith("&lt;"u8) => ('<', 4),
            _ when text.StartsWith("&gt;"u8) => ('>', 4),
            _ when text.StartsWith("&amp;"u8) => ('&', 5),
            _ when text.StartsWith("&apos;"u8) => ('\'', 6),
            _ when text.StartsWith("&quot;"u8) => ('"', 6),
            _ => (0, 0),
        };
        return length > 0;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> text, out int codePoint, out int length)
    {
        codePoint = 0;
        length = 0;
        var isHex = text.Length > 2 && text[2] == 'x';
        var first = isHex ? 3 : 2;
        for (var i = first; i < text.Length; i++)
        {
            var c = text[i];
            if (c == ';')
            {
                length = i + 1;
                return i > first && XmlChars.IsLegal(codePoint);
            }

            if (isHex ? !char.IsAsciiHexDigit((char)c) : !char.IsAsciiDigit((char)c)) return false;
            codePoint = isHex ? (codePoint * 16) + HexValue(c) : (codePoint * 10) + (c - '0');
            // Leading zeros may go on for ever, digits may not: no overflow, no wrap-around to a legal character.
            if (codePoint > 0x10FFFF) return false;
        }

        return false;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
