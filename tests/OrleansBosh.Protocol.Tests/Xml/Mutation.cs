using System.Text;

namespace OrleansBosh.Protocol.Tests.Xml;

/// <summary>Damages a document here and there.</summary>
internal static class Mutation
{
    private static readonly byte[][] Fragments =
    [
        .. ((string[])
        [
            "<!-- x -->", "<?pi x?>", "<!DOCTYPE body>", "<!DOCTYPE a [<!ENTITY e 'x'>]>", "]]>", "<![CDATA[",
            "<![CDATA[x]]>", "&#0;", "&#x1F600;", "&nbsp;",
            "&#xD800;", "&#65534;", "&", "&amp;", "<", ">", "/", "'", "\"", "=", ":", " ", "\t", "\r\n",
            "\0", "\u0001", "\u007F", "\uFFFE", "\uFFFF", "\uFEFF",
            "\u00B7", "é", "😀", "×", " xmlns=''", " xmlns='urn:x'", " xmlns:a=''", " xmlns:a='urn:a'",
            " xmlns:xml='urn:x'", " xmlns:xmlns='urn:x'",
            " xmlns:q='http://www.w3.org/XML/1998/namespace'", " xmlns:xml='http://www.w3.org/XML/1998/namespace'",
            " xmlns='http://www.w3.org/2000/xmlns/'", " a:at='1'", " to='x'", " xml:lang='de'", " b", " b=c", "a:", "xml:",
            "xmlns:", "<x/>", "</x>", "</body>", "<a:x>", "&#32;", "x", "1", "<?xml version='1.0'?>", "]", "--", "<>", "< x/>", "<x / >", "<:x/>", "<x:/>",
        ]).Select(Encoding.UTF8.GetBytes),
        [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0x80], [0xE2, 0x82],
    ];

    public static byte[] Apply(byte[] document, Choices choices)
    {
        var bytes = new List<byte>(document);
        for (var i = choices.Next(3); i >= 0; i--)
        {
            var place = choices.Place(bytes.Count);
            var length = Math.Min(choices.Next(12), bytes.Count - place);
            switch (choices.Next(6))
            {
                case 0:
                    bytes.InsertRange(place, choices.Pick(Fragments));
                    break;
                case 1 when bytes.Count > 0:
                    bytes[place] ^= (byte)(1 << choices.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(place, length);
                    break;
                case 3:
                    bytes.InsertRange(choices.Place(bytes.Count), bytes.GetRange(place, length));
                    break;
                case 4:
                    bytes.InsertRange(TagPlace(bytes, place), choices.Pick(Fragments));
                    break;
                case 5 when choices.OneIn(3):
                    bytes.RemoveRange(place, bytes.Count - place);
                    break;
            }
        }

        return [.. bytes];
    }

    // Just inside a tag's end, where a further attribute would stand.
    private static int TagPlace(List<byte> bytes, int from)
    {
        var place = bytes.IndexOf((byte)'>', from);
        return place < 0 ? from : place;
    }
}
