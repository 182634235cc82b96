using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>The silo of a user's grain stops in order. A cluster of its own, as the others have theirs to the end.</summary>
public sealed class UserStopTests : IAsyncLifetime
{
    private readonly EmbeddedDomainCluster _domain = new(2, null);

    public Task InitializeAsync() => _domain.InitializeAsync();

    public Task DisposeAsync() => _domain.DisposeAsync();

    [Fact, Trait("Rule", "P-RT-11")]
    public async Task What_waits_for_a_session_elsewhere_is_stored_and_comes_from_the_next_silo()
    {
        var name = await _domain.AddUserAsync("juliet");
        await _domain.LogInAsync(name, "anchor", silo: 1); // the account's grain stays there
        var juliet = await _domain.ComeOnlineAsync(name, "desk", silo: 0);
        var romeo = await _domain.LogInAsync(await _domain.AddUserAsync("romeo"), silo: 0);
        await _domain.ComesToAsync(juliet.Bare, 1);
        juliet.Inbox.IsFull = true;
        string[] ids = ["m1", "m2", "m3"];
        foreach (var id in ids) await romeo.SendAsync($"<message to='{juliet.Jid}' id='{id}' type='chat'><body>{id}</body></message>");
        await romeo.SendAsync($"<iq to='{juliet.Jid}' id='version' type='get'><query xmlns='jabber:iq:version'/></iq>");

        await _domain.StopAsync(1);
        Assert.Equal(ids.Length, _domain.Stores.CountOffline(juliet.Bare));
        var answer = await romeo.UntilAsync(s => s.Kind == StanzaKind.Iq);
        Assert.Equal(("version", "error"), (answer.Id, answer.Type));

        juliet.Inbox.IsFull = false;
        await juliet.SendAsync("<presence/>"); // where the grain has not moved, but died, this claims the resource
        foreach (var id in ids) Assert.Equal(id, (await juliet.UntilAsync(s => s.Kind == StanzaKind.Message)).Id);
        await Eventually.IsTrueAsync(() => _domain.Stores.CountOffline(juliet.Bare) == 0, "the store is empty");
    }
}
