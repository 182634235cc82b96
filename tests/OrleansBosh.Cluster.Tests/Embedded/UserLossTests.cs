using Microsoft.Extensions.Time.Testing;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>A user's grain, or a session, is lost with its silo. Each test has a cluster of its own, with a clock that it moves by hand.</summary>
public sealed class UserLossTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly EmbeddedDomainCluster _domain;

    public UserLossTests() => _domain = new(3, _time);

    public Task InitializeAsync() => _domain.InitializeAsync();

    public Task DisposeAsync() => _domain.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public async Task When_the_silo_of_a_users_grain_dies_messages_reach_the_session_live_and_in_order(int idleMinutes)
    {
        var (romeo, juliet) = await MeetAsync();
        for (var minutes = 0; minutes < idleMinutes; minutes += 4) await PassRenewalsAsync(clients: 2);
        await _domain.MoveAsync(juliet.Bare, 2);
        var claims = _domain.Calls[nameof(IUserGrain.Claim)];
        await _domain.KillAsync(2);

        string[] ids = ["m1", "m2", "m3"];
        foreach (var id in ids) await romeo.SendAsync($"<message type='chat' to='{juliet.Bare}' id='{id}'><body>{id}</body></message>");
        await romeo.SendAsync($"<presence to='{juliet.Bare}' type='probe'/>");
        await Eventually.IsTrueAsync(() => _domain.Calls[nameof(IUserGrain.Claim)] > claims, "the session claims its resource");

        foreach (var id in ids)
        {
            var next = juliet.UntilAsync(s => s.Name == "message");
            await PassTimeUntilAsync(() => next.IsCompleted, "the grain has settled");
            var message = await next;
            Assert.Equal(id, message.Id);
            Assert.Null(message.Child("delay", Ns.Delay));
        }

        // Nobody sees anybody leave or come.
        Assert.Equal(0, _domain.Stores.CountOffline(juliet.Bare));
        Assert.Empty(await juliet.DrainAsync());
        Assert.DoesNotContain(await romeo.DrainAsync(), s => s.From == juliet.Jid && s.Type == "unavailable");
        // And the grain lives with its session again.
        await _domain.ComesToAsync(juliet.Bare, 1);
    }

    [Fact]
    public async Task Presence_and_roster_interest_survive_the_loss_of_the_grain()
    {
        var (romeo, juliet) = await MeetAsync();
        await _domain.MoveAsync(juliet.Bare, 2);
        var claims = _domain.Calls[nameof(IUserGrain.Claim)];
        await _domain.KillAsync(2);
        await Eventually.IsTrueAsync(() => _domain.Calls[nameof(IUserGrain.Claim)] > claims, "the session claims its resource");

        await romeo.SendAsync("<presence><show>dnd</show></presence>");
        var seen = juliet.UntilAsync(s => s.Name == "presence" && s.From == romeo.Jid);
        await PassTimeUntilAsync(() => seen.IsCompleted, "the grain has settled");
        Assert.Equal("dnd", (await seen).TextOf("show"));
        await juliet.SendAsync($"<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='{romeo.Bare}' name='R'/></query></iq>");
        await juliet.UntilAsync(s => s.Name == "iq" && s.Child("query", Ns.Roster) is not null); // the push
        await juliet.CloseAsync();
        await romeo.UntilAsync(s => s.From == juliet.Jid && s.Type == "unavailable");
    }

    [Fact]
    public async Task When_the_silo_of_a_session_dies_its_contacts_learn_that_it_is_gone()
    {
        var (romeo, juliet) = await MeetAsync();
        await _domain.MoveAsync(juliet.Bare, 2);
        await _domain.KillAsync(1);
        await romeo.UntilAsync(s => s.From == juliet.Jid && s.Type == "unavailable");
    }

    [Fact]
    public async Task When_a_session_and_its_users_grain_die_together_its_contacts_learn_that_it_is_gone()
    {
        var (romeo, _) = await MeetAsync();
        await _domain.KillAsync(1);
        var gone = romeo.UntilAsync(s => s.Name == "presence" && s.Type == "unavailable");
        await PassTimeUntilAsync(() => gone.IsCompleted, "the contact is told");
        await gone;
    }

    [Fact]
    public async Task A_stanza_that_cannot_be_handled_does_not_keep_back_those_that_waited_with_it()
    {
        var (romeo, juliet) = await MeetAsync();
        await _domain.MoveAsync(juliet.Bare, 2);
        await _domain.KillAsync(1);
        await romeo.UntilAsync(s => s.From == juliet.Jid && s.Type == "unavailable");

        // Nobody has called this account yet: its grain comes to life while it has to expect sessions that claim their resources.
        var absent = $"{await _domain.AddUserAsync("absent")}@example.org";
        _domain.Stores.CrashOnce(absent);
        foreach (var id in new[] { "m1", "m2" }) await romeo.SendAsync($"<message type='chat' to='{absent}' id='{id}'><body>{id}</body></message>");
        await PassTimeUntilAsync(() => _domain.Stores.CountOffline(absent) == 1, "the second message is stored");
        Assert.Equal("internal-server-error", (await romeo.UntilAsync(s => s.Id == "m1")).Condition());
    }

    [Fact]
    public async Task After_twenty_idle_minutes_a_user_is_still_there()
    {
        var (romeo, juliet) = await MeetAsync();
        for (var minutes = 0; minutes <= 20; minutes += 4) await PassRenewalsAsync(clients: 2);

        await romeo.SendAsync($"<message type='chat' to='{juliet.Bare}' id='m'><body>still there?</body></message>");
        Assert.Null((await juliet.UntilAsync(s => s is { Id: "m", Type: "chat" })).Child("delay", Ns.Delay));
        Assert.Equal(0, _domain.Calls[nameof(IUserGrain.Claim)]);
        Assert.Empty(await romeo.DrainAsync());
    }

    [Fact]
    public async Task A_grain_that_knows_nothing_after_a_silo_has_joined_is_told_long_before_the_next_renewal()
    {
        var (_, juliet) = await MeetAsync();
        await PassRenewalsAsync(2);
        await _domain.AddSiloAsync();
        await _domain.ForgetAsync(juliet.Bare); // what others reach now is like a second grain beside the one that knew her

        var claims = _domain.Calls[nameof(IUserGrain.Claim)];
        var begin = _time.GetUtcNow();
        await PassTimeUntilAsync(() => _domain.Calls[nameof(IUserGrain.Claim)] > claims, "the session claims its resource");
        Assert.InRange(_time.GetUtcNow() - begin, TimeSpan.Zero, ResourceLeases.RenewalTime / 2);
    }

    [Fact]
    public async Task Two_deaths_at_once_are_both_reviewed()
    {
        var (romeo, juliet) = await MeetAsync();
        var rosaline = await _domain.ComeOnlineAsync(await _domain.AddUserAsync("rosaline"), silo: 2);
        await rosaline.SendAsync($"<presence to='{romeo.Bare}'/>");
        await romeo.UntilAsync(s => s.Name == "presence" && s.From == rosaline.Jid);
        await Task.WhenAll(_domain.KillAsync(1), _domain.KillAsync(2));

        var gone = new HashSet<string>();
        var both = Task.Run(async () =>
        {
            while (gone.Count < 2) gone.Add((await romeo.UntilAsync(s => s.Name == "presence" && s.Type == "unavailable")).From!);
        });
        await PassTimeUntilAsync(() => both.IsCompleted, "both are gone");
        await both;
        Assert.Equivalent(new[] { juliet.Jid, rosaline.Jid }, gone);
    }

    [Fact]
    public async Task A_session_that_vanishes_loses_its_resource_when_its_lease_ends()
    {
        var (romeo, juliet) = await MeetAsync();
        await _domain.LoseAsync(juliet);
        for (var passed = TimeSpan.Zero; passed < ResourceLeases.LeaseTime + ResourceLeases.RenewalTime; passed += ResourceLeases.RenewalTime)
        {
            await PassRenewalsAsync(clients: 1);
        }

        await romeo.UntilAsync(s => s.From == juliet.Jid && s.Type == "unavailable");
    }

    /// <summary>Romeo on silo 0 and Juliet on silo 1, each with the grain of the account; all that they have been sent is read.</summary>
    private async Task<(TestClient Romeo, TestClient Juliet)> MeetAsync()
    {
        var (romeo, juliet) = await _domain.MeetAsync();
        await romeo.DrainAsync();
        await juliet.DrainAsync();
        await _domain.ComesToAsync(romeo.Bare, 0);
        await _domain.ComesToAsync(juliet.Bare, 1);
        return (romeo, juliet);
    }

    private Task PassTimeUntilAsync(Func<bool> condition, string what) => Eventually.IsTrueAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            return condition();
        },
        what);

    private async Task PassRenewalsAsync(int clients)
    {
        var before = _domain.Calls[nameof(IUserGrain.Renew)];
        _time.Advance(ResourceLeases.RenewalTime);
        await Eventually.IsTrueAsync(() => _domain.Calls[nameof(IUserGrain.Renew)] >= before + clients, "the leases are renewed");
        await _domain.CollectIdleGrainsAsync();
    }
}
