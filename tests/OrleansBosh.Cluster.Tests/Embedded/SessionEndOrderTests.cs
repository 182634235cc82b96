using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>
/// A session ends while stanzas for it are at three places: at the session, in its lane at the account's grain, and on their way to the
/// account. They keep their order, and each arrives once.
/// </summary>
[Collection(EmbeddedDomainCollection.Name)]
public class SessionEndOrderTests(EmbeddedDomainCluster domain)
{
    /// <summary>The account's grain stays on silo 0, where another of its sessions is.</summary>
    private const int Here = 0;
    private const int Elsewhere = 1;

    [Theory, Trait("Rule", "P-RT-11"), Trait("Rule", "B-INACT-04")]
    [InlineData(Here)]
    [InlineData(Elsewhere)]
    public async Task At_the_next_login_all_is_there_in_order(int silo)
    {
        var name = await domain.AddUserAsync("juliet");
        await domain.LogInAsync(name, "anchor", Here);
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        await EndWithRestAsync(romeo, await domain.ComeOnlineAsync(name, "desk", silo));

        var again = await domain.ComeOnlineAsync(name, "desk", silo);
        await AssertReceivesAsync(again, "m1", "m2", "m3", "m4");
        await Eventually.IsTrueAsync(() => domain.Stores.CountOffline(again.Bare) == 0, "the store is empty");
    }

    [Theory, Trait("Rule", "P-RT-11"), Trait("Rule", "B-INACT-04")]
    [InlineData(Here)]
    [InlineData(Elsewhere)]
    public async Task Another_resource_gets_all_in_order(int silo)
    {
        var name = await domain.AddUserAsync("juliet");
        var phone = await domain.ComeOnlineAsync(name, "phone", Here);
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        await EndWithRestAsync(romeo, await domain.ComeOnlineAsync(name, "desk", silo));
        await AssertReceivesAsync(phone, "m1", "m2", "m3", "m4");
    }

    [Theory, Trait("Rule", "P-RT-11"), Trait("Rule", "P-NEG-06")]
    [InlineData(Here)]
    [InlineData(Elsewhere)]
    public async Task Who_takes_a_lost_sessions_place_gets_its_stanzas_before_newer_ones(int silo)
    {
        var name = await domain.AddUserAsync("juliet");
        await domain.LogInAsync(name, "anchor", Here);
        var lost = await domain.ComeOnlineAsync(name, "desk", silo);
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        lost.Inbox.IsLive = false;
        lost.Inbox.IsFull = true;
        await SendAsync(romeo, lost.Jid, "m1", "m2");
        var next = await domain.LogInAsync(name, "desk", silo);
        Assert.Equal(lost.Jid, next.Jid);
        Assert.Equal("conflict", (await lost.Closed)!.Condition);
        await SendAsync(romeo, next.Bare, "m3");
        await next.SendAsync("<presence/>");
        await AssertReceivesAsync(next, "m1", "m2", "m3");
    }

    [Theory, Trait("Rule", "P-RT-11"), Trait("Rule", "P-RT-05")]
    [InlineData(Here)]
    [InlineData(Elsewhere)]
    public async Task Offline_messages_that_a_session_has_not_taken_go_on_before_newer_ones(int silo)
    {
        var name = await domain.AddUserAsync("juliet");
        var phone = await domain.LogInAsync(name, "phone", Here);
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        await SendAsync(romeo, phone.Bare, "o1", "o2");
        var desk = await domain.LogInAsync(name, "desk", silo);
        desk.Inbox.IsFull = true;
        await desk.SendAsync("<presence/>");
        await SendAsync(romeo, desk.Jid, "m3");
        await phone.BecomeAvailableAsync();
        Assert.Equal(2, domain.Stores.CountOffline(phone.Bare));
        await desk.CloseAsync();
        await SendAsync(romeo, desk.Jid, "m4");

        await AssertReceivesAsync(phone, "o1", "o2", "m3", "m4");
        await Eventually.IsTrueAsync(() => domain.Stores.CountOffline(phone.Bare) == 0, "the store is empty");
    }

    /// <summary>The session has m1, its lane m2 and m3, and m4 arrives when the session has said goodbye.</summary>
    private static async Task EndWithRestAsync(TestClient romeo, TestClient juliet)
    {
        await SendAsync(romeo, juliet.Jid, "m1");
        var unseen = await juliet.UntilAsync(s => s.Id == "m1");
        juliet.Inbox.IsFull = true;
        await SendAsync(romeo, juliet.Jid, "m2", "m3");
        await juliet.CloseAsync(unseen);
        await SendAsync(romeo, juliet.Jid, "m4");
    }

    private static async Task SendAsync(TestClient sender, string to, params string[] ids)
    {
        foreach (var id in ids) await sender.SendAsync($"<message to='{to}' id='{id}' type='chat'><body>{id}</body></message>");
    }

    private static async Task AssertReceivesAsync(TestClient client, params string[] ids)
    {
        var received = new List<string?>();
        while (received.Count < ids.Length) received.Add((await client.UntilAsync(s => s.Kind == StanzaKind.Message)).Id);
        Assert.Equal(ids, received);
        Assert.DoesNotContain(await client.DrainAsync(), s => s.Kind == StanzaKind.Message);
    }
}
