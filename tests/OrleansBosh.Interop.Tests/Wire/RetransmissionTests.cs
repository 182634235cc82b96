using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.12: repeats and broken connections.</summary>
public sealed class RetransmissionTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-RTX-01")]
    public async Task A_repeat_gets_the_same_bytes_and_its_payload_is_not_executed_again()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var first = await session.AskAsync(session.Next([], MessageTo(friend, "m"), Ping("p")));
        await HearsAsync(friend, "m");
        Assert.Equal(first.Raw, (await session.AskAsync(session.Earlier(session.LastNumber))).Raw);
        await HearsNothingAsync(friend);
    }

    [Fact]
    [Trait("Rule", "B-RTX-02")]
    [Trait("Rule", "B-COND-06")]
    public async Task The_last_answers_are_kept_as_many_as_requests_says()
    {
        var session = await LoginAsync();
        var n = session.LastNumber;
        var answers = new List<BoshAnswer>();
        for (var i = 1; i <= 4; i++) answers.Add(await session.AskAsync(session.Request(n + i, [], Ping($"{i}"))));
        foreach (var i in (int[])[4, 3]) Assert.Equal(answers[i - 1].Raw, (await session.AskAsync(session.Earlier(n + i))).Raw);
        AssertTerminate("item-not-found", await session.AskAsync(session.Earlier(n + 2)));
    }

    [Fact]
    [Trait("Rule", "B-RTX-03")]
    public async Task Answers_of_the_negotiation_are_kept_and_done_once()
    {
        var session = await OpenAsync();
        Assert.Equal(session.Creation!.Raw, (await session.AskAsync(session.Request(0, [("sid", session.Sid)]))).Raw);
        var auth = await session.AskAsync(session.Next([], Authentication));
        Assert.Equal(auth.Raw, (await session.AskAsync(session.Earlier(1))).Raw);
        var restart = await session.AskAsync(session.Next([("xmpp:restart", "true")]));
        Assert.NotNull(restart.Features);
        Assert.Equal(restart.Raw, (await session.AskAsync(session.Earlier(2))).Raw);
        var bind = await session.AskAsync(session.Next([], Binding));
        Assert.Equal("result", Assert.Single(bind.Payload).Attribute("type")?.Value);
    }

    [Fact]
    [Trait("Rule", "B-RTX-04")]
    [Trait("Rule", "B-ERR-01")]
    public async Task The_repeat_of_a_held_request_inherits_its_place()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var older = await HoldAsync(session);
        var newer = await session.SendAsync(older.Request);
        var error = await AtOnceAsync(older);
        Assert.True(error.IsError);
        Assert.Empty(error.Payload);
        await AssertHeldAsync(newer);
        await PushAsync(friend, session, "m");
        Assert.Equal(["m"], Texts(await AtOnceAsync(newer)));
        await AssertAliveAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-RTX-05")]
    public async Task A_duplicate_never_executes_payload()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var n = session.LastNumber;
        // Held, with the same and with other bytes.
        await session.SendAsync(session.Request(n + 1, [], MessageTo(friend, "1")));
        await HearsAsync(friend, "1");
        await session.SendAsync(session.Earlier(n + 1));
        await session.SendAsync(session.Request(n + 1, [], MessageTo(friend, "other")));
        await HearsNothingAsync(friend);
        // Answered.
        await session.SendAsync(session.Request(n + 2, [], MessageTo(friend, "2")));
        await HearsAsync(friend, "2");
        await session.SendAsync(session.Request(n + 1, [], MessageTo(friend, "other")));
        await HearsNothingAsync(friend);
    }

    [Fact]
    [Trait("Rule", "B-RTX-05")]
    public async Task The_duplicate_of_a_request_that_came_early_never_executes_payload()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var n = session.LastNumber;
        await HoldAsync(session, session.Request(n + 2, [], MessageTo(friend, "2")));
        await session.SendAsync(session.Earlier(n + 2));
        await HearsNothingAsync(friend);
        await session.SendAsync(session.Request(n + 1, [], MessageTo(friend, "1")));
        await HearsAsync(friend, "1", "2");
        await HearsNothingAsync(friend);
    }

    [Fact]
    [Trait("Rule", "B-RTX-05")]
    [Trait("Scope", "ours")]
    public async Task Of_two_that_came_early_with_the_same_rid_the_first_counts()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var n = session.LastNumber;
        await HoldAsync(session, session.Request(n + 2, [], MessageTo(friend, "2")));
        await HoldAsync(session, session.Request(n + 2, [], MessageTo(friend, "other")));
        await session.SendAsync(session.Request(n + 1, [], MessageTo(friend, "1")));
        await HearsAsync(friend, "1", "2");
        await HearsNothingAsync(friend);
    }

    [Fact]
    [Trait("Rule", "B-RTX-06")]
    public async Task A_broken_request_keeps_its_place_until_it_comes_again()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var broken = await HoldAsync(session);
        await BreakAsync(broken);
        await PushAsync(friend, session, "m");
        Assert.Equal(["m"], Texts(await AtOnceAsync(await session.SendAsync(broken.Request))));
    }

    [Fact]
    [Trait("Rule", "B-RTX-06")]
    [Trait("Scope", "ours")]
    public async Task When_the_client_moves_on_a_broken_request_is_closed_with_an_empty_answer()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var broken = await HoldAsync(session);
        await BreakAsync(broken);
        await PushAsync(friend, session, "m");
        Assert.Equal(["m"], Texts(await AtOnceAsync(await session.SendAsync(session.Next()))));
        var replay = await session.AskAsync(broken.Request);
        Assert.Empty(replay.Payload);
        Assert.Null(replay.Type);
    }

    [Fact]
    [Trait("Rule", "B-RTX-07")]
    [Trait("Scope", "ours")]
    public async Task A_repeated_terminate_gets_the_same_answer()
    {
        var session = await LoginAsync();
        var end = await session.AskAsync(session.Next([("type", "terminate")]));
        AssertTerminate(null, end);
        Assert.Equal(end.Raw, (await session.AskAsync(session.Earlier(session.LastNumber))).Raw);
        await AssertDeadAsync(session);
    }

    /// <summary>Cuts the connection and lets the server notice: it takes a moment, but less than so many exchanges.</summary>
    private async Task BreakAsync(SentRequest held)
    {
        held.Cut();
        for (var i = 0; i < 20; i++) await CreateAsync(("to", "nx.invalid"));
    }
}
