using OrleansBosh.Cluster.Tests.Support;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>Offline messages and a store that fails, or is slow, while they are delivered: each arrives, and once.</summary>
[Collection(EmbeddedDomainCollection.Name)]
public class EmbeddedDomainOfflineTests(EmbeddedDomainCluster domain)
{
    [Fact, Trait("Rule", "P-RT-05")]
    public async Task Messages_that_cannot_be_read_at_the_login_come_when_the_store_is_back()
    {
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        var name = await domain.AddUserAsync("juliet");
        await StoreAsync(romeo, name, 2);
        var juliet = await domain.LogInAsync(name, silo: 1);
        await juliet.AskAsync("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>"); // so that presence needs the store no more
        domain.Stores.Break(juliet.Bare, true);
        await juliet.BecomeAvailableAsync();
        Assert.DoesNotContain(await juliet.DrainAsync(), s => s.Name == "message");

        domain.Stores.Break(juliet.Bare, false);
        foreach (var id in new[] { "m1", "m2" }) Assert.Equal(id, (await juliet.UntilAsync(s => s.Name == "message")).Id);
        await Eventually.IsTrueAsync(() => domain.Stores.CountOffline(juliet.Bare) == 0, "they are removed");
        await juliet.SendAsync("<presence/>");
        Assert.DoesNotContain(await juliet.DrainAsync(), s => s.Name == "message");
    }

    [Fact, Trait("Rule", "P-RT-05")]
    public async Task Messages_that_cannot_be_removed_after_their_delivery_are_not_delivered_twice()
    {
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        var name = await domain.AddUserAsync("juliet");
        await StoreAsync(romeo, name, 2);
        domain.Stores.BreakRemoval($"{name}@example.org", true);
        var juliet = await domain.ComeOnlineAsync(name, silo: 1);
        foreach (var id in new[] { "m1", "m2" }) Assert.Equal(id, (await juliet.UntilAsync(s => s.Name == "message")).Id);
        await juliet.CloseAsync();

        var again = await domain.ComeOnlineAsync(name, silo: 1);
        Assert.DoesNotContain(await again.DrainAsync(), s => s.Name == "message");
        await again.CloseAsync();
        Assert.Equal(2, domain.Stores.CountOffline(again.Bare));

        // Even without anybody who is online.
        await domain.CollectIdleGrainsAsync();
        domain.Stores.BreakRemoval(again.Bare, false);
        await Eventually.IsTrueAsync(() => domain.Stores.CountOffline(again.Bare) == 0, "they are removed");
    }

    [Fact, Trait("Rule", "P-RT-05")]
    public async Task A_session_whose_offline_messages_cannot_be_removed_goes_on_whatever_the_reason()
    {
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        var name = await domain.AddUserAsync("juliet");
        await StoreAsync(romeo, name, 2);
        domain.Stores.CrashRemovalOnce($"{name}@example.org");
        var juliet = await domain.ComeOnlineAsync(name, silo: 1);
        foreach (var id in new[] { "m1", "m2" }) Assert.Equal(id, (await juliet.UntilAsync(s => s.Name == "message")).Id);

        await Eventually.IsTrueAsync(() => domain.Stores.CountOffline(juliet.Bare) == 0, "they are removed");
        await romeo.SendAsync($"<message to='{juliet.Jid}' id='m3' type='chat'><body>m3</body></message>");
        Assert.Equal("m3", (await juliet.UntilAsync(s => s.Name == "message")).Id);
    }

    [Fact, Trait("Rule", "P-RT-05")]
    public async Task Messages_whose_reading_hits_a_bug_come_later()
    {
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        var name = await domain.AddUserAsync("juliet");
        await StoreAsync(romeo, name, 1);
        domain.Stores.CrashReadingOnce($"{name}@example.org");
        var juliet = await domain.ComeOnlineAsync(name, silo: 1);
        Assert.Equal("m1", (await juliet.UntilAsync(s => s.Name == "message")).Id);
        await Eventually.IsTrueAsync(() => domain.Stores.CountOffline(juliet.Bare) == 0, "it is removed");
    }

    [Fact, Trait("Rule", "P-RT-05")]
    public async Task A_message_that_is_just_being_removed_when_its_reader_leaves_is_given_to_nobody_else()
    {
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        var name = await domain.AddUserAsync("juliet");
        var phone = await domain.LogInAsync(name, "phone");
        await StoreAsync(romeo, name, 1);
        var removal = domain.Stores.HoldRemoval(phone.Bare);
        var desk = await domain.ComeOnlineAsync(name, "desk");
        Assert.Equal("m1", (await desk.UntilAsync(s => s.Name == "message")).Id);
        await desk.CloseAsync();

        var presence = phone.SendAsync("<presence/>");
        await Eventually.IsTrueAsync(() => presence.IsCompleted || removal.Waiting == 2, "the phone's presence waits for the removal, too");
        removal.Release();
        await presence;
        Assert.DoesNotContain(await phone.DrainAsync(), s => s.Name == "message");
        Assert.Equal(0, domain.Stores.CountOffline(phone.Bare));
    }

    private async Task StoreAsync(TestClient sender, string name, int count)
    {
        for (var i = 1; i <= count; i++) await sender.SendAsync($"<message to='{name}@example.org' id='m{i}' type='chat'><body>hi</body></message>");
        await Eventually.IsTrueAsync(() => domain.Stores.CountOffline($"{name}@example.org") == count, "the messages are stored");
    }
}
