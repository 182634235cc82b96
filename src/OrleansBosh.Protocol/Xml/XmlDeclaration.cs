using System.Text;

namespace OrleansBosh.Protocol.Xml;

/// <summary>The XML declaration at the head of a document: version 1.0, encoding absent or UTF-8 (B-XML-05).</summary>
internal static class XmlDeclaration
{
    /// <summary>Whether a declaration (rather than another processing instruction, or an element) stands at the start.</summary>
    public static bool StandsAt(ReadOnlySpan<byte> text) =>
        text.Length > 5 && text.StartsWith("<?xml"u8) && XmlChars.IsSpace(text[5]);

    /// <summary>Reads the declaration; false when it is malformed or names another version or encoding.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        var rest = text["<?xml"u8.Length..];
        if (!TryReadPart(ref rest, "version"u8, out var version) || !version.SequenceEqual("1.0"u8)) return false;
        if (TryReadPart(ref rest, "encoding"u8, out var encoding) && !Ascii.EqualsIgnoreCase(encoding, "utf-8"u8)) return false;
        if (TryReadPart(ref rest, "standalone"u8, out var answer) && !answer.SequenceEqual("yes"u8) && !answer.SequenceEqual("no"u8))
        {
            return false;
        }

        SkipSpace(ref rest);
        if (!rest.StartsWith("?>"u8)) return false;
        length = text.Length - rest.Length + 2;
        return true;
    }

    // S name S? '=' S? quoted value. Leaves the text where it is when that part does not stand there.
    private static bool TryReadPart(scoped ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        var rest = text;
        if (!SkipSpace(ref rest) || !rest.StartsWith(name)) return false;
        rest = rest[name.Length..];
        SkipSpace(ref rest);
        if (rest is not [(byte)'=', ..]) return false;
        rest = rest[1..];
        SkipSpace(ref rest);
        if (rest is not [(byte)'\'' or (byte)'"', ..]) return false;
        var end = rest[1..].IndexOf(rest[0]);
        if (end < 0) return false;
        value = rest.Slice(1, end);
        text = rest[(end + 2)..];
        return true;
    }

    private static bool SkipSpace(scoped ref ReadOnlySpan<byte> text)
    {
        var before = text.Length;
        while (!text.IsEmpty && XmlChars.IsSpace(text[0])) text = text[1..];
        return text.Length < before;
    }
}
