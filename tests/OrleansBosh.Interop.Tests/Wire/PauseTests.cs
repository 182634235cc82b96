using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.9: pausing.</summary>
public sealed class PauseTests : WireTest
{
    private static readonly (string, string?)[] Pause = [("pause", "5")];

    [Fact]
    [Trait("Rule", "B-PAUSE-01")]
    [Trait("Rule", "B-ATT-08")]
    [Trait("Scope", "pause")]
    public async Task A_pause_answers_all_open_requests_at_once()
    {
        var session = await LoginAsync();
        Assert.NotNull(session.Creation!.Number("maxpause"));
        var held = await HoldAsync(session);
        var pause = await session.SendAsync(session.Next(Pause));
        AssertEmpty(await AtOnceAsync(held));
        AssertEmpty(await AtOnceAsync(pause));
    }

    [Fact]
    [Trait("Rule", "B-PAUSE-02")]
    [Trait("Scope", "pause")]
    public async Task What_comes_during_a_pause_waits_for_the_next_request()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        await PushAsync(friend, session, "before");
        AssertEmpty(await session.AskAsync(session.Next(Pause)));
        await PushAsync(friend, session, "during");
        Assert.Equal(["before", "during"], Texts(await session.AskAsync(session.Next())));
    }

    [Theory]
    [InlineData("600", "policy-violation")]
    [InlineData("x", "bad-request")]
    [InlineData("-1", "bad-request")]
    [Trait("Rule", "B-PAUSE-04")]
    [Trait("Rule", "B-COND-08")]
    [Trait("Scope", "ours")]
    public async Task A_pause_that_is_too_long_or_no_number_ends_the_session(string pause, string condition)
    {
        var session = await LoginAsync();
        AssertTerminate(condition, await session.AskAsync(session.Next([("pause", pause)])));
        await AssertDeadAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-PAUSE-05")]
    [Trait("Scope", "pause")]
    public async Task A_pause_keeps_to_the_order_of_the_rids()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var n = session.LastNumber;
        var pause = await HoldAsync(session, session.Request(n + 2, Pause, MessageTo(friend, "m")));
        await HearsNothingAsync(friend);
        AssertEmpty(await AtOnceAsync(await session.SendAsync(session.Request(n + 1))));
        AssertEmpty(await AtOnceAsync(pause));
        await HearsAsync(friend, "m");
    }

    [Fact]
    [Trait("Rule", "B-PAUSE-06")]
    [Trait("Scope", "pause")]
    public async Task A_repeated_pause_is_answered_and_takes_no_place_in_the_cache()
    {
        var session = await LoginAsync();
        var earlier = await session.AskAsync(session.Next([], Ping("p")));
        AssertEmpty(await session.AskAsync(session.Next(Pause)));
        AssertEmpty(await session.AskAsync(session.Earlier(session.LastNumber)));
        Assert.Equal(earlier.Raw, (await session.AskAsync(session.Earlier(session.LastNumber - 1))).Raw);
        await AssertAliveAsync(session);
    }
}

/// <summary>1.9: the timer of a pause.</summary>
public sealed class PauseTimerTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-PAUSE-03")]
    [Trait("Scope", "pause")]
    public async Task The_pause_is_the_limit_of_inactivity_until_the_next_request() =>
        await Task.WhenAll(LongerAsync(), TooLongAsync(), ShorterAsync());

    private async Task LongerAsync()
    {
        var (session, pause) = await PausedAsync();
        await Task.Delay(pause - TimeSpan.FromSeconds(1));
        await AssertAliveAsync(session);
        await Task.Delay(InactivityOf(session) + TimeSpan.FromSeconds(1.5));
        await AssertDeadAsync(session);
    }

    private async Task TooLongAsync()
    {
        var (session, pause) = await PausedAsync();
        await Task.Delay(pause + TimeSpan.FromSeconds(1.5));
        await AssertDeadAsync(session);
    }

    private async Task ShorterAsync()
    {
        var (session, pause) = await PausedAsync(TimeSpan.FromSeconds(1));
        await Task.Delay(pause + TimeSpan.FromSeconds(1.5));
        await AssertDeadAsync(session);
    }

    /// <summary>By default almost as long as the server allows, and so longer than the usual limit.</summary>
    private async Task<(ScriptedSession Session, TimeSpan Pause)> PausedAsync(TimeSpan? duration = null)
    {
        var session = await LoginAsync();
        var pause = duration ?? TimeSpan.FromSeconds(session.Creation!.Number("maxpause")!.Value - 1);
        AssertEmpty(await session.AskAsync(session.Next([("pause", $"{(int)pause.TotalSeconds}")])));
        return (session, pause);
    }
}
