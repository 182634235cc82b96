using System.Xml.Linq;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>Stanzas from XML as a test writes it; without a namespace it means <c>jabber:client</c>.</summary>
internal static class StanzaText
{
    public static Stanza Parse(string xml)
    {
        var element = XElement.Parse($"<stream xmlns='{Ns.Client}'>{xml}</stream>", LoadOptions.PreserveWhitespace).Elements().Single();
        string[] routing = ["from", "to", "id", "type"];
        var header = new StanzaHeader(
            (string?)element.Attribute("from"),
            (string?)element.Attribute("to"),
            (string?)element.Attribute("id"),
            (string?)element.Attribute("type"),
            (string?)element.Attribute(XNamespace.Xml + "lang"));
        var others = element.Attributes()
            .Where(a => !a.IsNamespaceDeclaration && a.Name.Namespace == XNamespace.None && !routing.Contains(a.Name.LocalName));
        return Stanza.Create(element.Name.LocalName, element.Name.NamespaceName, header, [.. others], [.. element.Nodes()]);
    }

    /// <summary>The text of a child in <c>jabber:client</c>, for example of <c>body</c>.</summary>
    public static string? TextOf(this Stanza stanza, string child) => (string?)stanza.ToXElement().Element(XName.Get(child, Ns.Client));

    /// <summary>The defined condition of an error stanza.</summary>
    public static string? Condition(this Stanza stanza) =>
        stanza.ToXElement().Element(XName.Get("error", Ns.Client))?.Elements().First(e => e.Name.NamespaceName == Ns.StanzaErrors).Name.LocalName;

    /// <summary>The only item of a roster result or push, as "jid subscription ask approved".</summary>
    public static string RosterItem(this Stanza stanza)
    {
        var item = stanza.ToXElement().Descendants(XName.Get("item", Ns.Roster)).Single();
        string?[] words =
        [
            (string?)item.Attribute("jid"), (string?)item.Attribute("subscription"), (string?)item.Attribute("ask"),
            item.Attribute("approved") is null ? null : "approved",
        ];
        return string.Join(' ', words.Where(word => word is not null));
    }
}
