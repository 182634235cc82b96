using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>What a session had, and its client has not seen, goes back to the offline store: in order, once, and soon.</summary>
[Collection(EmbeddedDomainCollection.Name)]
public class EmbeddedDomainReturnTests(EmbeddedDomainCluster domain)
{
    /// <summary>What happens to the removal of the messages that the session has taken.</summary>
    public enum Removal
    {
        Done,
        Failed,
        UnderWay,
    }

    [Theory, Trait("Rule", "P-RT-11"), Trait("Rule", "P-RT-05"), Trait("Rule", "B-INACT-04")]
    [InlineData(Removal.Done)]
    [InlineData(Removal.Failed)]
    [InlineData(Removal.UnderWay)]
    public async Task Offline_messages_that_a_session_took_in_vain_come_first_at_the_next_login(Removal removal)
    {
        var name = await domain.AddUserAsync("juliet");
        var bare = $"{name}@example.org";
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        await SendAsync(romeo, bare, "m1", "m2", "m3", "m4");
        domain.Stores.BreakRemoval(bare, removal == Removal.Failed);
        var hold = removal == Removal.UnderWay ? domain.Stores.HoldRemoval(bare) : null;

        var lost = await domain.LogInAsync(name);
        // All four wait, so that one call brings the two.
        lost.Inbox.IsFull = true;
        lost.Inbox.Room = 2;
        await lost.SendAsync("<presence/>");
        lost.Inbox.IsFull = false;
        Stanza[] unseen = [await MessageAsync(lost), await MessageAsync(lost)];
        if (removal == Removal.Done) await Eventually.IsTrueAsync(() => domain.Stores.CountOffline(bare) == 2, "those are removed");
        if (hold is not null) await Eventually.IsTrueAsync(() => hold.Waiting > 0, "those are being removed");
        await SendAsync(romeo, lost.Jid, "m5");
        await lost.CloseAsync(unseen);
        hold?.Release();
        domain.Stores.BreakRemoval(bare, false);

        var next = await domain.ComeOnlineAsync(name);
        await AssertReceivesAsync(next, "m1", "m2", "m3", "m4", "m5");
        await Eventually.IsTrueAsync(() => domain.Stores.CountOffline(bare) == 0, "the store is empty");
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public async Task The_more_there_is_to_store_the_store_is_not_asked_the_more_often()
    {
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        var one = await CountCallsAsync(romeo, 1);
        Assert.Equal(one, await CountCallsAsync(romeo, 5));
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public async Task What_has_no_room_in_the_store_goes_back_to_its_sender()
    {
        var name = await domain.AddUserAsync("juliet");
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        var juliet = await domain.ComeOnlineAsync(name);
        await juliet.CloseAsync(await ReceiveAsync(romeo, juliet, 7));

        foreach (var id in new[] { "m6", "m7" })
        {
            var error = await MessageAsync(romeo);
            Assert.Equal((id, "error"), (error.Id, error.Type));
            Assert.Contains("recipient-unavailable", error.ToXElement().ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(5, domain.Stores.CountOffline(juliet.Bare));
        await AssertReceivesAsync(await domain.ComeOnlineAsync(name), "m1", "m2", "m3", "m4", "m5");
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public async Task What_cannot_be_stored_goes_back_to_its_sender()
    {
        var name = await domain.AddUserAsync("juliet");
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        var juliet = await domain.ComeOnlineAsync(name);
        var messages = await ReceiveAsync(romeo, juliet, 2);
        domain.Stores.Break(juliet.Bare, true);
        await juliet.CloseAsync(messages);

        foreach (var id in new[] { "m1", "m2" })
        {
            var error = await MessageAsync(romeo);
            Assert.Equal((id, "error"), (error.Id, error.Type));
            Assert.Contains("type=\"wait\"", error.ToXElement().ToString(), StringComparison.Ordinal);
        }
    }

    /// <returns>How often the store was asked for the account while its session ended with so many unseen messages.</returns>
    private async Task<int> CountCallsAsync(TestClient romeo, int unseen)
    {
        var name = await domain.AddUserAsync("juliet");
        var juliet = await domain.ComeOnlineAsync(name);
        var messages = await ReceiveAsync(romeo, juliet, unseen);
        var before = domain.Stores.CountCalls(juliet.Bare);
        await juliet.CloseAsync(messages);
        Assert.Equal(unseen, domain.Stores.CountOffline(juliet.Bare));
        return domain.Stores.CountCalls(juliet.Bare) - before;
    }

    private static async Task<Stanza[]> ReceiveAsync(TestClient romeo, TestClient juliet, int count)
    {
        await SendAsync(romeo, juliet.Jid, [.. Enumerable.Range(1, count).Select(i => $"m{i}")]);
        var received = new List<Stanza>();
        while (received.Count < count) received.Add(await MessageAsync(juliet));
        return [.. received];
    }

    private static Task<Stanza> MessageAsync(TestClient client) => client.UntilAsync(s => s.Kind == StanzaKind.Message);

    private static async Task SendAsync(TestClient sender, string to, params string[] ids)
    {
        foreach (var id in ids) await sender.SendAsync($"<message to='{to}' id='{id}' type='chat'><body>{id}</body></message>");
    }

    private static async Task AssertReceivesAsync(TestClient client, params string[] ids)
    {
        var received = new List<string?>();
        while (received.Count < ids.Length) received.Add((await MessageAsync(client)).Id);
        Assert.Equal(ids, received);
        Assert.DoesNotContain(await client.DrainAsync(), s => s.Kind == StanzaKind.Message);
    }
}
