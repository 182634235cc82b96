using System.Buffers;
using OrleansBosh.Protocol.Xml;

namespace OrleansBosh.Protocol.Xmpp;

/// <summary>Reads character data out of a stanza without building a tree.</summary>
public static class StanzaText
{
    /// <summary>
    /// The decoded character data of a child of <paramref name="stanza"/>, in document order, that of elements inside it included: for
    /// <c>&lt;priority/&gt;</c>, <c>&lt;status/&gt;</c> and the like.
    /// </summary>
    public static string TextOf(this Stanza stanza, StanzaChild child)
    {
        // Well-formed by construction: a tag ends at the first '>' outside quotes, an element's last tag ends the slice.
        var rest = stanza.Tail.Span.Slice(child.Offset, child.Length);
        var output = new ArrayBufferWriter<byte>(rest.Length);
        while (!rest.IsEmpty)
        {
            if (rest[0] != '<')
            {
                var end = rest.IndexOf((byte)'<');
                XmlDecoder.AppendText(rest[..end], output);
                rest = rest[end..];
            }
            else if (rest.StartsWith("<![CDATA["u8))
            {
                var end = rest.IndexOf("]]>"u8);
                XmlDecoder.AppendCData(rest[9..end], output);
                rest = rest[(end + 3)..];
            }
            else
            {
                rest = rest[TagLength(rest)..];
            }
        }

        return KnownStrings.Get(output.WrittenSpan);
    }

    private static int TagLength(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (true)
        {
            at += text[at..].IndexOfAny((byte)'>', (byte)'\'', (byte)'"');
            if (text[at] == '>') return at + 1;
            at += text[(at + 1)..].IndexOf(text[at]) + 2;
        }
    }
}
