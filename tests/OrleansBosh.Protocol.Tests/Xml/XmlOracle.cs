using System.Text;
using System.Xml;
using System.Xml.Linq;
using OrleansBosh.Protocol.Xml;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Xml;

/// <summary>What the oracle saw of a body.</summary>
internal sealed record OracleBody(XElement Wrapper, List<XElement> Payloads);

/// <summary>
/// The rules of the reader once more, on <see cref="XmlReader"/>: a document is refused (null) or comes out as trees in the names that
/// the stanzas must have.
/// </summary>
/// <remarks>
/// Where <see cref="XmlReader"/> is not our grammar:
/// it allows comments, processing instructions and foreign encodings, and the prefix <c>xmlns</c> on elements (refused here);
/// it takes an XML declaration with an empty encoding, or with a version that only begins with 1.0 (refused here);
/// it refuses a wrong value of <c>xml:space</c> (a matter of validity; the documents have none);
/// it knows the names of XML 1.0's fourth edition (<see cref="InOldNames"/>).
/// </remarks>
internal static class XmlOracle
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static OracleBody? ReadBody(byte[] entity) => Read(entity, isBody: true);

    public static XElement? ReadElement(byte[] element) => Read(element, isBody: false)?.Payloads[0];

    /// <summary>
    /// The document with every character that only the fifth edition allows in names replaced by one that both allow; null without one.
    /// If the original is refused and this is accepted, the edition was the reason.
    /// </summary>
    public static byte[]? InOldNames(byte[] document)
    {
        var text = new StringBuilder();
        var isChanged = false;
        foreach (var rune in Encoding.UTF8.GetString(document).EnumerateRunes())
        {
            if (text.Length == 0 && rune.Value == 0xFEFF) continue;
            var isNewStart = XmlChars.IsName(rune, isFirst: true) && !(rune.IsBmp && XmlConvert.IsStartNCNameChar((char)rune.Value));
            var isNew = XmlChars.IsName(rune, isFirst: false) && !(rune.IsBmp && XmlConvert.IsNCNameChar((char)rune.Value));
            var replace = !rune.IsAscii && (isNewStart || isNew);
            isChanged |= replace;
            text.Append(!replace ? rune.ToString() : isNewStart ? "é" : "\u00B7");
        }

        return isChanged ? Encoding.UTF8.GetBytes(text.ToString()) : null;
    }

    private static OracleBody? Read(byte[] document, bool isBody)
    {
        try
        {
            var text = Strict.GetString(document);
            if (text.StartsWith('\uFEFF')) text = text[1..];
            using var reader = XmlReader.Create(new StringReader(text), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            var payloads = new List<XElement>();
            XElement? wrapper = null;
            while (Next(reader))
            {
                switch (reader.NodeType)
                {
                    case XmlNodeType.XmlDeclaration:
                        if (reader["version"] != "1.0") return null;
                        if (!(reader["encoding"] ?? "utf-8").Equals("utf-8", StringComparison.OrdinalIgnoreCase)) return null;
                        break;
                    case XmlNodeType.Element when isBody && reader.Depth == 0:
                        if (reader.LocalName != "body" || reader.NamespaceURI != Ns.HttpBind) return null;
                        wrapper = new XElement("wrapper", Attributes(reader));
                        break;
                    case XmlNodeType.Element:
                        payloads.Add(Payload(reader));
                        break;
                    case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                        if (reader.Value.AsSpan().ContainsAnyExcept(" \t\r\n")) return null;
                        break;
                }
            }

            return new(wrapper ?? new XElement("none"), payloads);
        }
        catch (Exception refusal) when (refusal is XmlException or DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool Next(XmlReader reader)
    {
        if (!reader.Read()) return false;
        if (reader.NodeType is XmlNodeType.Comment or XmlNodeType.ProcessingInstruction) throw new XmlException("banned");
        if (reader.NodeType == XmlNodeType.Element && reader.Prefix == "xmlns") throw new XmlException("xmlns on an element");
        return true;
    }

    private static XElement Payload(XmlReader reader)
    {
        var defaultNs = StanzaNamespace(reader.LookupNamespace(""));
        var rootNs = StanzaNamespace(reader.NamespaceURI);
        if (rootNs == Ns.Xml) throw new XmlException("the root cannot be written without its prefix");
        var isStreamTaken = reader.LookupNamespace("stream") is not (null or Ns.Stream);
        if (rootNs == Ns.Stream && isStreamTaken) throw new XmlException("stream means something else");
        return Element(reader, rootNs, defaultNs);
    }

    private static string StanzaNamespace(string? ns) => ns is null or "" or Ns.HttpBind ? Ns.Client : ns;

    private static XElement Descendant(XmlReader reader, string defaultNs)
    {
        if (reader.GetAttribute("xmlns") is { } own) defaultNs = own;
        return Element(reader, reader.Prefix.Length > 0 ? reader.NamespaceURI : defaultNs, defaultNs);
    }

    private static XElement Element(XmlReader reader, string ns, string defaultNs)
    {
        var element = new XElement(XName.Get(reader.LocalName, ns), Attributes(reader));
        if (reader.IsEmptyElement) return element;
        while (Next(reader) && reader.NodeType != XmlNodeType.EndElement)
        {
            if (reader.NodeType == XmlNodeType.Element) element.Add(Descendant(reader, defaultNs));
            else element.Add(new XText(reader.Value));
        }

        return element;
    }

    private static List<XAttribute> Attributes(XmlReader reader)
    {
        var attributes = new List<XAttribute>();
        while (reader.MoveToNextAttribute())
        {
            if (reader.NamespaceURI != Ns.Xmlns) attributes.Add(new(XName.Get(reader.LocalName, reader.NamespaceURI), reader.Value));
        }

        reader.MoveToElement();
        return attributes;
    }
}
