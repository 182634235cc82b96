using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>Where the grain of an account lives, and who owns a resource when two claim it.</summary>
[Collection(EmbeddedDomainCollection.Name)]
public class UserPlacementTests(EmbeddedDomainCluster domain)
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_users_grain_lives_with_the_session_even_when_it_was_called_elsewhere_before(int silo)
    {
        var name = await domain.AddUserAsync("juliet");
        var bare = $"{name}@{EmbeddedDomainCluster.Domain}";
        var romeo = await domain.ComeOnlineAsync(await domain.AddUserAsync("romeo"), silo: 0);
        await romeo.SendAsync($"<message type='chat' to='{bare}' id='early'><body>You are away.</body></message>");
        await domain.ComesToAsync(bare, 0);

        var juliet = await domain.ComeOnlineAsync(name, silo: silo);
        await domain.ComesToAsync(bare, silo);
        await romeo.SendAsync($"<message type='chat' to='{bare}' id='late'><body>You are here.</body></message>");
        Assert.NotNull((await juliet.UntilAsync(s => s.Name == "message")).Child("delay", Ns.Delay));
        Assert.Equal("late", (await juliet.UntilAsync(s => s.Name == "message")).Id);
        Assert.Equal(0, domain.Stores.CountOffline(bare));
    }

    [Fact]
    public async Task A_user_with_sessions_on_two_silos_stays_until_the_last_one_is_elsewhere()
    {
        var name = await domain.AddUserAsync("juliet");
        var desk = await domain.ComeOnlineAsync(name, "desk", silo: 0);
        var phone = await domain.ComeOnlineAsync(name, "phone", silo: 1);
        await phone.DrainAsync();
        await domain.ComesToAsync(desk.Bare, 0);
        await desk.CloseAsync();
        await phone.UntilAsync(s => s.From == desk.Jid && s.Type == "unavailable");
        await domain.ComesToAsync(phone.Bare, 1);
        await phone.SendAsync($"<message to='{phone.Jid}' id='m'/>");
        await phone.UntilAsync(s => s is { Id: "m", Type: null });
    }

    [Fact, Trait("Rule", "P-NEG-06")]
    public async Task A_session_whose_resource_was_given_away_while_nobody_knew_of_it_ends_with_conflict()
    {
        var name = await domain.AddUserAsync("juliet");
        var first = await domain.ComeOnlineAsync(name, "desk");
        await domain.ForgetAsync(first.Bare);
        var second = await domain.ComeOnlineAsync(name, "desk", silo: 1);
        Assert.Equal(first.Jid, second.Jid);

        await first.SendAsync("<presence/>");
        Assert.Equal("conflict", (await first.Closed)?.Condition);
        await second.SendAsync($"<message to='{second.Jid}' id='m'/>");
        await second.UntilAsync(s => s is { Id: "m", Type: null });
    }

    [Fact]
    public async Task A_session_that_claims_too_late_gets_what_was_stored_meanwhile_once()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        await domain.ForgetAsync(juliet.Bare);
        await romeo.SendAsync($"<message type='chat' to='{juliet.Bare}' id='m'><body>Are you there?</body></message>");
        await juliet.SendAsync("<presence id='p'/>");
        Assert.NotNull((await juliet.UntilAsync(s => s.Name == "message")).Child("delay", Ns.Delay));
        Assert.DoesNotContain(await juliet.DrainAsync(), s => s.Name == "message");
        Assert.Equal(0, domain.Stores.CountOffline(juliet.Bare));
    }
}
