using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.4: request ordering and the window of request ids.</summary>
public sealed class RidTests : WireTest
{
    [Theory]
    [InlineData(null)]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("abc")]
    [InlineData("+5")]
    [InlineData("9007199254740992")]
    [Trait("Rule", "B-RID-01")]
    [Trait("Rule", "B-COND-01")]
    public async Task A_request_without_a_valid_rid_is_a_bad_request(string? rid)
    {
        AssertTerminate("bad-request", await CreateAsync(("rid", rid)));
        var session = await OpenAsync();
        AssertTerminate("bad-request", await session.AskAsync(session.Request(1, [("rid", rid)])));
    }

    [Theory]
    [InlineData(9007199254740980)]
    [InlineData(2147483645)]
    [InlineData(4294967290)]
    [Trait("Rule", "B-RID-02")]
    public async Task A_session_may_start_near_a_boundary(long firstRid)
    {
        var session = NewSession(options => options with { FirstRid = firstRid });
        await session.LoginAsync(BoshLogin.Anonymous());
        while (session.LastNumber < 10) await AssertAliveAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-RID-03")]
    public async Task Payload_is_taken_in_the_order_of_the_rids()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var n = session.LastNumber;
        await HoldAsync(session, session.Request(n + 2, [], MessageTo(friend, "B")));
        await session.SendAsync(session.Request(n + 1, [], MessageTo(friend, "A")));
        await HearsAsync(friend, "A", "B");
    }

    [Fact]
    [Trait("Rule", "B-RID-05")]
    public async Task A_request_that_came_early_waits_for_the_one_before()
    {
        var session = await LoginAsync();
        var n = session.LastNumber;
        Assert.Equal(2, session.Creation!.Number("requests"));
        var second = await HoldAsync(session, session.Request(n + 2));
        var first = await session.SendAsync(session.Request(n + 1));
        AssertEmpty(await AtOnceAsync(first));
        await AssertHeldAsync(second);
    }

    [Fact]
    [Trait("Rule", "B-RID-06")]
    [Trait("Rule", "B-COND-06")]
    public async Task A_rid_above_the_window_ends_the_session()
    {
        var session = await OpenAsync();
        var requests = session.Creation!.Number("requests")!.Value;
        AssertTerminate("item-not-found", await session.AskAsync(session.Request(requests + 1)));
        AssertTerminate("item-not-found", await session.AskAsync(session.Request(1)));

        var edge = await OpenAsync();
        await HoldAsync(edge, edge.Request(requests));
    }

    [Fact]
    [Trait("Rule", "B-RID-07")]
    [Trait("Rule", "B-COND-06")]
    public async Task A_rid_that_is_too_old_is_answered_like_one_that_is_too_large()
    {
        var old = await LoginAsync();
        var below = await old.AskAsync(old.Request(0, [("sid", old.Sid)]));
        AssertTerminate("item-not-found", below);
        var session = await OpenAsync();
        Assert.Equal((await session.AskAsync(session.Request(9))).Raw, below.Raw);
    }

    [Fact]
    [Trait("Rule", "B-RID-07")]
    [Trait("Scope", "ours")]
    public async Task A_rid_that_is_too_old_ends_the_session()
    {
        var session = await LoginAsync();
        AssertTerminate("item-not-found", await session.AskAsync(session.Request(0, [("sid", session.Sid)])));
        await AssertDeadAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-RID-08")]
    [Trait("Scope", "ours")]
    public async Task The_window_is_one_wider_for_terminate_and_pause()
    {
        foreach (var (attribute, isEnd) in (((string, string?), bool)[])[(("type", "terminate"), true), (("pause", "5"), false)])
        {
            var session = await LoginAsync();
            var n = session.LastNumber;
            var extra = await HoldAsync(session, session.Request(n + 3, [attribute]));
            var first = await session.SendAsync(session.Request(n + 1));
            var second = await session.SendAsync(session.Request(n + 2));
            var oldest = await AtOnceAsync(first);
            if (isEnd) AssertTerminate(null, oldest);
            else AssertEmpty(oldest);
            AssertEmpty(await AtOnceAsync(second));
            AssertEmpty(await AtOnceAsync(extra));
        }
    }
}

/// <summary>1.4: gaps that stay open.</summary>
public sealed class RidGapTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-RID-04")]
    public async Task A_parked_request_is_not_answered_before_its_predecessor()
    {
        var session = await LoginAsync(("wait", "3"));
        var n = session.LastNumber;
        var second = await session.SendAsync(session.Request(n + 2));
        await Task.Delay(TimeSpan.FromSeconds(3.5));
        Assert.False(second.Answer.IsCompleted);

        var first = await session.SendAsync(session.Request(n + 1));
        AssertEmpty(await AtOnceAsync(first));
        // Its own wait is over as well.
        AssertEmpty(await AtOnceAsync(second));
    }

    [Fact]
    [Trait("Rule", "B-RID-09")]
    [Trait("Rule", "B-ERR-02")]
    [Trait("Scope", "ours")]
    public async Task A_gap_that_is_never_filled_ends_the_session()
    {
        var session = await LoginAsync(("wait", "3"));
        var (answer, after) = await TimeAsync((await session.SendAsync(session.Request(session.LastNumber + 2))).Answer);
        AssertTerminate("item-not-found", answer);
        Assert.InRange(after, TimeSpan.FromSeconds(3.3), TimeSpan.FromSeconds(5) + Noise);
        await AssertDeadAsync(session);
    }
}
