using System.Text;
using System.Xml.Linq;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>Stanzas from XML as a test writes it; without a namespace it means <c>jabber:client</c>.</summary>
internal static class TestStanza
{
    public static Stanza Parse(string xml)
    {
        Assert.True(StanzaReader.TryRead(Encoding.UTF8.GetBytes(xml), out var stanza), xml);
        return stanza;
    }

    /// <summary>The text of a child in <c>jabber:client</c>, for example of <c>body</c>.</summary>
    public static string? TextOf(this Stanza stanza, string child) => (string?)stanza.ToXElement().Element(XName.Get(child, Ns.Client));

    /// <summary>The defined condition of an error stanza.</summary>
    public static string? Condition(this Stanza stanza) =>
        stanza.ToXElement().Element(XName.Get("error", Ns.Client))?.Elements().First().Name.LocalName;

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
