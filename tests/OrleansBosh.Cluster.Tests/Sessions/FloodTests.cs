using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>Nobody can end somebody else's session by sending much: what a client's queue has no room for waits for it.</summary>
[Collection(nameof(TwoNodes))]
public class FloodTests(TwoNodes nodes)
{
    private const int Messages = 24;
    private static readonly string LargeText = new('x', 200_000);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Rule", "B-SEC-03")]
    [Trait("Rule", "P-RT-05")]
    public async Task More_than_a_queue_holds_arrives_in_order_and_the_session_lives(bool isOnline)
    {
        var name = isOnline ? "online" : "away";
        await using (var registration = new BoshClient(nodes.Client(nodes.A))) await registration.RegisterAsync(name, "secret");
        await using var receiver = new BoshClient(nodes.Client(nodes.A));
        if (isOnline) await LogInAsync(receiver, name);

        await using var sender = new BoshClient(nodes.Client(nodes.B) with { MaxBatch = 1 });
        await sender.LoginAsync(BoshLogin.Anonymous());
        for (var i = 0; i < Messages; i++) await sender.SendAsync(StanzaXml.Message($"{name}@localhost", $"{i} {LargeText}"));
        await sender.IqAsync(StanzaXml.Ping("localhost"));
        if (!isOnline) await LogInAsync(receiver, name);

        for (var i = 0; i < Messages;)
        {
            var stanza = await receiver.Stanzas.ReadAsync();
            if (stanza.Name.LocalName == "message") Assert.StartsWith($"{i++} ", stanza.Value, StringComparison.Ordinal);
        }

        await receiver.IqAsync(StanzaXml.Ping("localhost"));
    }

    private static async Task LogInAsync(BoshClient client, string name)
    {
        await client.LoginAsync(BoshLogin.Plain(name, "secret"));
        await client.SendAsync(StanzaXml.Presence());
        await client.IqAsync(StanzaXml.Ping("localhost"));
    }
}
