using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace OrleansBosh.Protocol.Xml;

/// <summary>The character classes of XML 1.0, fifth edition.</summary>
internal static class XmlChars
{
    /// <summary>White space of XML: the production <c>S</c>, not that of Unicode.</summary>
    public const string Space = " \t\r\n";

    private static readonly SearchValues<byte> IllegalAscii = SearchValues.Create(
        0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);

    // One entry for each ASCII character: 2 = may start a name, 1 = may follow, 0 = neither. The colon is no part of an NCName.
    private static ReadOnlySpan<byte> NameClass =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,
        0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 2,
        0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0,
    ];

    /// <summary>
    /// Valid UTF-8 of nothing but <c>Char</c>s. One look at the whole text ahead of the scan lets the scanner mind only its markup, and
    /// is quicker than a check piece by piece.
    /// </summary>
    public static bool AreLegal(ReadOnlySpan<byte> text)
    {
        if (text.ContainsAny(IllegalAscii)) return false;
        if (Ascii.IsValid(text)) return true;
        if (!Utf8.IsValid(text)) return false;

        // Valid UTF-8 has no surrogates; what remains forbidden is U+FFFE and U+FFFF: EF BF BE, EF BF BF.
        ReadOnlySpan<byte> lead = [0xEF, 0xBF];
        for (var at = text.IndexOf(lead); at >= 0;)
        {
            if (text[at + 2] >= 0xBE) return false;
            text = text[(at + 3)..];
            at = text.IndexOf(lead);
        }

        return true;
    }

    /// <summary>The production <c>Char</c>, for a numeric reference.</summary>
    public static bool IsLegal(int codePoint) => codePoint switch
    {
        < 0x20 => codePoint is '\t' or '\n' or '\r',
        < 0xD800 => true,
        < 0xE000 => false,
        < 0xFFFE => true,
        < 0x10000 => false,
        _ => codePoint <= 0x10FFFF,
    };

    public static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    /// <summary>Whether an ASCII byte may stand in an NCName, at its start or later.</summary>
    public static bool IsAsciiName(byte value, bool isFirst) => NameClass[value] > (isFirst ? 1 : 0);

    /// <summary>Whether a character beyond ASCII may stand in an NCName, at its start or later.</summary>
    public static bool IsName(Rune rune, bool isFirst) => rune.Value switch
    {
        0xB7 or (>= 0x300 and <= 0x36F) or 0x203F or 0x2040 => !isFirst,
        < 0xC0 or 0xD7 or 0xF7 or 0x37E => false,
        < 0x2000 => true,
        0x200C or 0x200D or (>= 0x2070 and <= 0x218F) or (>= 0x2C00 and <= 0x2FEF) => true,
        (>= 0x3001 and <= 0xD7FF) or (>= 0xF900 and <= 0xFDCF) or (>= 0xFDF0 and <= 0xFFFD) or (>= 0x10000 and <= 0xEFFFF) => true,
        _ => false,
    };
}
