using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>People in a ring, each of whom writes to the next.</summary>
internal static class ClusterChat
{
    /// <summary>Everybody writes at the same time; done when everybody got exactly that.</summary>
    public static async Task RoundAsync(IReadOnlyList<BoshClient> people, string text)
    {
        await Task.WhenAll(people.Select((person, i) => person.SendAsync(StanzaXml.Message(people[(i + 1) % people.Count].Jid!, text)).AsTask()));
        foreach (var person in people) Assert.Equal(text, await NextMessageAsync(person));
    }

    private static async Task<string> NextMessageAsync(BoshClient person)
    {
        while (true)
        {
            var stanza = await person.Stanzas.ReadAsync();
            if (stanza.Name.LocalName != "message") continue;
            Assert.True(stanza.Attribute("type")?.Value != "error", $"{person.Jid} got {stanza}");
            return stanza.Element(stanza.Name.Namespace + "body")!.Value;
        }
    }
}
