using System.Xml.Linq;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Load.Xmpp;

/// <summary>Makes the stanzas that tests and scenarios need.</summary>
public static class StanzaXml
{
    public static XElement Message(string to, string text, string? id = null, string type = "chat") => new(
        BoshNames.Client + "message",
        new XAttribute("to", to),
        new XAttribute("type", type),
        id is null ? null : new XAttribute("id", id),
        new XElement(BoshNames.Client + "body", text));

    public static XElement Presence(string? type = null, string? to = null) => new(
        BoshNames.Client + "presence",
        type is null ? null : new XAttribute("type", type),
        to is null ? null : new XAttribute("to", to));

    /// <summary>An iq; without an id it gets one when it is sent by <c>IqAsync</c>.</summary>
    public static XElement Iq(string type, XElement? child = null, string? to = null, string? id = null) => new(
        BoshNames.Client + "iq",
        new XAttribute("type", type),
        to is null ? null : new XAttribute("to", to),
        id is null ? null : new XAttribute("id", id),
        child);

    public static XElement Ping(string? to = null, string? id = null) => Iq("get", new XElement(BoshNames.Ping + "ping"), to, id);

    /// <summary>The element on one line with every namespace it needs declared on it.</summary>
    public static string Text(XElement element) => element.ToString(SaveOptions.DisableFormatting);

    /// <summary>The condition of an error stanza, or null if it is not one.</summary>
    public static string? ErrorCondition(XElement stanza) => stanza.Attribute("type")?.Value == "error"
        ? stanza.Element(BoshNames.Client + "error")?.Elements().FirstOrDefault()?.Name.LocalName
        : null;
}
