using System.Buffers;
using System.Xml.Linq;
using OrleansBosh.Protocol.Xml;

namespace OrleansBosh.Protocol.Xmpp;

/// <summary>Adds to a stanza what servers add, without parsing it.</summary>
public static class StanzaAppend
{
    /// <summary>The same stanza with one more child, behind the others.</summary>
    public static Stanza Append(this Stanza stanza, XElement child)
    {
        var tail = stanza.Tail.Span;
        var prefix = stanza.Namespace == Ns.Stream ? "stream:" : "";
        var isEmpty = tail.EndsWith("/>"u8);
        var content = isEmpty ? tail[..^2] : tail[..tail.LastIndexOf("</"u8)];

        var output = new ArrayBufferWriter<byte>(tail.Length + 256);
        output.Write(content);
        if (isEmpty) output.Write(">"u8);
        var start = output.WrittenCount;
        output.WriteRaw(child.ToString(SaveOptions.DisableFormatting));
        var end = output.WrittenCount;
        output.WriteRaw($"</{prefix}{stanza.Name}>");
        return new(
            stanza.Name,
            stanza.Namespace,
            stanza.Header,
            output.WrittenSpan,
            [.. stanza.Children, new(child.Name.LocalName, child.Name.NamespaceName, start, end - start)]);
    }

    /// <summary>The message with a stamp that says when the server took it (XEP-0203); one that has the server's stamp keeps it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="domain">The server that stores it.</param>
    /// <param name="time">When it came.</param>
    public static Stanza WithDelay(this Stanza message, string domain, DateTimeOffset time)
    {
        if (message.IsDelayedBy(domain)) return message;
        var stamp = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
        return message.Append(new XElement(
            XName.Get("delay", Ns.Delay), new XAttribute("from", domain), new XAttribute("stamp", stamp)));
    }

    /// <summary>Whether this server has stored the message before.</summary>
    public static bool IsDelayedBy(this Stanza message, string domain) =>
        message.Child("delay", Ns.Delay) is not null
        && message.TryToXElement(out var xml)
        && xml.Elements(XName.Get("delay", Ns.Delay)).Any(delay => (string?)delay.Attribute("from") == domain);
}
