using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.11: acknowledgements of either side.</summary>
public sealed class AcknowledgementTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-ACK-01")]
    public async Task Acknowledgements_begin_with_the_creation_response()
    {
        var session = await LoginAsync();
        if (session.Creation!.Ack is { } ack)
        {
            Assert.Equal(session.FirstRid, ack);
            return;
        }

        // A server without acknowledgements sends none in the whole session.
        var held = await HoldAsync(session);
        var next = await session.SendAsync(session.Next());
        Assert.Null((await AtOnceAsync(held)).Ack);
        Assert.False(next.Answer.IsCompleted);
    }

    [Fact]
    [Trait("Rule", "B-ACK-02")]
    [Trait("Scope", "acks")]
    public async Task Ack_is_the_highest_rid_received_unless_it_is_the_answered_one()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var held = await HoldAsync(session);
        var next = await session.SendAsync(session.Next());
        Assert.Equal(next.Request.Rid, (await AtOnceAsync(held)).Ack);
        await PushAsync(friend, session, "m");
        Assert.Null((await AtOnceAsync(next)).Ack);
    }

    [Fact]
    [Trait("Rule", "B-ACK-03")]
    [Trait("Scope", "acks")]
    public async Task A_rid_behind_a_gap_is_not_acknowledged()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync(("hold", "2"));
        var n = session.LastNumber;
        var held = await HoldAsync(session, session.Request(n + 1));
        await HoldAsync(session, session.Request(n + 3));
        await PushAsync(friend, session, "m");
        Assert.Null((await AtOnceAsync(held)).Ack);
    }

    [Fact]
    [Trait("Rule", "B-ACK-04")]
    public async Task Another_value_than_1_leaves_client_acknowledgements_off()
    {
        var session = await LoginAsync(("ack", "0"));
        var first = await session.AskAsync(session.Next([], Ping("1")));
        await session.AskAsync(session.Next([], Ping("2")));
        Assert.Equal(first.Raw, (await session.AskAsync(session.Earlier(session.LastNumber - 1))).Raw);
    }

    [Fact]
    [Trait("Rule", "B-ACK-05")]
    [Trait("Scope", "acks")]
    public async Task An_acknowledged_answer_is_forgotten()
    {
        var session = await LoginAsync(("ack", "1"));
        var n = session.LastNumber;
        var answers = new List<BoshAnswer>();
        for (var i = 1; i <= 4; i++) answers.Add(await session.AskAsync(session.Request(n + i, [("ack", Rid(session, n))], Ping($"{i}"))));
        await session.AskAsync(session.Request(n + 5, [("ack", Rid(session, n + 3))], Ping("5")));
        Assert.Equal(answers[3].Raw, (await session.AskAsync(session.Earlier(n + 4))).Raw);
        AssertTerminate("item-not-found", await session.AskAsync(session.Earlier(n + 3)));
    }

    [Fact]
    [Trait("Rule", "B-ACK-05")]
    [Trait("Scope", "acks")]
    public async Task No_ack_acknowledges_everything_below()
    {
        var session = await LoginAsync(("ack", "1"));
        var n = session.LastNumber;
        for (var i = 1; i <= 2; i++) await session.AskAsync(session.Request(n + i, [("ack", Rid(session, n))], Ping($"{i}")));
        await session.AskAsync(session.Request(n + 3, [], Ping("3")));
        AssertTerminate("item-not-found", await session.AskAsync(session.Earlier(n + 2)));
    }

    [Fact]
    [Trait("Rule", "B-ACK-06")]
    [Trait("Scope", "acks")]
    public async Task Answers_that_are_not_acknowledged_are_kept()
    {
        var session = await LoginAsync(("ack", "1"));
        var n = session.LastNumber;
        var answers = new List<BoshAnswer>();
        for (var i = 1; i <= 8; i++) answers.Add(await session.AskAsync(session.Request(n + i, [("ack", Rid(session, n))], Ping($"{i}"))));
        Assert.Equal(2, session.Creation!.Number("requests"));
        Assert.Equal(answers[0].Raw, (await session.AskAsync(session.Earlier(n + 1))).Raw);
    }

    [Fact]
    [Trait("Rule", "B-ACK-08")]
    [Trait("Scope", "acks")]
    public async Task Nothing_is_reported_that_may_still_be_under_way_and_nonsense_is_ignored()
    {
        var session = await LoginAsync(("ack", "1"));
        var n = session.LastNumber;
        for (var i = 1; i <= 2; i++) await session.AskAsync(session.Request(n + i, [("ack", Rid(session, n + i - 1))], Ping($"{i}")));
        var lagging = await session.AskAsync(session.Request(n + 3, [("ack", Rid(session, n + 1))], Ping("3")));
        Assert.Null(lagging["report"]);
        foreach (var nonsense in (string[])["zzz", Rid(session, n + 100), "-1", ""])
        {
            var answer = await session.AskAsync(session.Next([("ack", nonsense)], Ping("p")));
            Assert.Null(answer.Type);
            Assert.Null(answer["report"]);
        }
    }
}

/// <summary>1.11: reports of lost answers.</summary>
public sealed class ReportTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-ACK-07")]
    [Trait("Scope", "acks")]
    public async Task An_answer_that_was_not_acknowledged_for_long_is_reported()
    {
        // A session that polls may be idle for longer than two seconds.
        var session = await LoginAsync(("ack", "1"), ("hold", "0"));
        var n = session.LastNumber;
        for (var i = 1; i <= 2; i++) await session.AskAsync(session.Request(n + i, [("ack", Rid(session, n))], Ping($"{i}")));
        await Task.Delay(TimeSpan.FromSeconds(3));
        var answer = await AtOnceAsync(await session.SendAsync(session.Request(n + 3, [("ack", Rid(session, n))])));
        Assert.Equal(session.FirstRid + n + 1, answer.Number("report"));
        Assert.InRange(answer.Number("time")!.Value, 2900, 3000 + (long)Noise.TotalMilliseconds);
    }
}
