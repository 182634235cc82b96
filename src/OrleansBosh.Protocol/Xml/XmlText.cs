using System.Buffers;
using System.Text;

namespace OrleansBosh.Protocol.Xml;

/// <summary>Writes names, attribute values and text as UTF-8 XML into a buffer.</summary>
public static class XmlText
{
    private static readonly SearchValues<char> MustEscape = SearchValues.Create("&<>'\"\t\n\r");

    /// <summary>Appends <paramref name="text"/> as it is; the caller knows that it needs no escaping.</summary>
    public static void WriteRaw(this ArrayBufferWriter<byte> output, string text)
    {
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    /// <summary>Appends <paramref name="text"/> escaped for an attribute value in either quote and for character data alike.</summary>
    public static void WriteEscaped(this ArrayBufferWriter<byte> output, string text)
    {
        var rest = text.AsSpan();
        while (true)
        {
            var index = rest.IndexOfAny(MustEscape);
            var clean = index < 0 ? rest : rest[..index];
            var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(clean.Length));
            output.Advance(Encoding.UTF8.GetBytes(clean, span));
            if (index < 0) return;
            // Tab, line feed and carriage return as references: a raw one would be normalized to a space in an attribute.
            output.Write(rest[index] switch
            {
                '&' => "&amp;"u8,
                '<' => "&lt;"u8,
                '>' => "&gt;"u8,
                '\'' => "&apos;"u8,
                '"' => "&quot;"u8,
                '\t' => "&#9;"u8,
                '\n' => "&#10;"u8,
                _ => "&#13;"u8,
            });
            rest = rest[(index + 1)..];
        }
    }

    /// <summary>Appends <c> name='value'</c>, with the value escaped; nothing when <paramref name="value"/> is null.</summary>
    public static void WriteAttribute(this ArrayBufferWriter<byte> output, string name, string? value)
    {
        if (value is null) return;
        output.Write(" "u8);
        output.WriteRaw(name);
        output.Write("='"u8);
        output.WriteEscaped(value);
        output.Write("'"u8);
    }
}
