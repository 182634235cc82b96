using System.Buffers;
using System.Text;

namespace OrleansBosh.Protocol.Xml;

/// <summary>Turns raw attribute values and character data that the scanner has accepted into strings.</summary>
internal static class XmlDecoder
{
    private static readonly SearchValues<byte> SpecialInText = SearchValues.Create("&\r"u8);

    /// <summary>
    /// An attribute's value. XML 1.0 §3.3.3: a raw tab, line feed or carriage return is a space, a reference to one is not.
    /// </summary>
    /// <param name="raw">What stands between the quotes.</param>
    /// <param name="isPlain">There is nothing to decode in it.</param>
    public static string Attribute(ReadOnlySpan<byte> raw, bool isPlain)
    {
        if (isPlain) return KnownStrings.Get(raw);
        var buffer = ArrayPool<byte>.Shared.Rent(raw.Length);
        var length = 0;
        for (var i = 0; i < raw.Length;)
        {
            switch (raw[i])
            {
                case (byte)'&':
                    i += AppendReference(raw[i..], buffer, ref length);
                    break;
                case (byte)'\r':
                    // §2.11 comes first: CR LF is one line end, so one space.
                    i += i + 1 < raw.Length && raw[i + 1] == '\n' ? 2 : 1;
                    buffer[length++] = (byte)' ';
                    break;
                case (byte)'\n' or (byte)'\t':
                    i++;
                    buffer[length++] = (byte)' ';
                    break;
                default:
                    buffer[length++] = raw[i++];
                    break;
            }
        }

        var value = KnownStrings.Get(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
        return value;
    }

    /// <summary>Appends character data (no CDATA section, no markup) with references resolved and line ends as line feeds.</summary>
    public static void AppendText(ReadOnlySpan<byte> raw, ArrayBufferWriter<byte> output)
    {
        while (true)
        {
            var at = raw.IndexOfAny(SpecialInText);
            output.Write(at < 0 ? raw : raw[..at]);
            if (at < 0) return;
            raw = raw[at..];
            if (raw[0] == '&')
            {
                var length = 0;
                raw = raw[AppendReference(raw, output.GetSpan(4), ref length)..];
                output.Advance(length);
            }
            else
            {
                raw = AppendLineEnd(raw, output);
            }
        }
    }

    /// <summary>Appends what stands in a CDATA section: references are text there, line ends still are line ends.</summary>
    public static void AppendCData(ReadOnlySpan<byte> raw, ArrayBufferWriter<byte> output)
    {
        while (true)
        {
            var at = raw.IndexOf((byte)'\r');
            output.Write(at < 0 ? raw : raw[..at]);
            if (at < 0) return;
            raw = AppendLineEnd(raw[at..], output);
        }
    }

    private static ReadOnlySpan<byte> AppendLineEnd(ReadOnlySpan<byte> raw, ArrayBufferWriter<byte> output)
    {
        output.Write("\n"u8);
        return raw[(raw.Length > 1 && raw[1] == '\n' ? 2 : 1)..];
    }

    // A character is never longer than the reference to it, so the buffer of the raw value's length holds the result.
    private static int AppendReference(ReadOnlySpan<byte> raw, Span<byte> output, ref int length)
    {
        if (!XmlReference.TryRead(raw, out var codePoint, out var read)) throw new ArgumentException("Not scanned before.", nameof(raw));
        length += new Rune(codePoint).EncodeToUtf8(output[length..]);
        return read;
    }
}
