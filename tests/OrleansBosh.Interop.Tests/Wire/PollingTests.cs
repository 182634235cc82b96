using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.7: sessions that poll.</summary>
public sealed class PollingTests : WireTest
{
    [Theory]
    [InlineData("wait")]
    [InlineData("hold")]
    [Trait("Rule", "B-POLL-01")]
    public async Task Nothing_is_held(string attribute)
    {
        var session = await LoginAsync((attribute, "0"));
        AssertEmpty(await AtOnceAsync(await session.SendAsync(session.Next())));
        var reply = await AtOnceAsync(await session.SendAsync(session.Next([], Ping("p"))));
        Assert.Equal("p", Assert.Single(reply.Payload).Attribute("id")?.Value);
    }

    [Fact]
    [Trait("Rule", "B-POLL-02")]
    [Trait("Rule", "B-COND-08")]
    public async Task Empty_requests_in_quick_succession_end_the_session()
    {
        var session = await LoginAsync(("hold", "0"));
        AssertEmpty(await session.AskAsync(session.Next()));
        AssertTerminate("policy-violation", await session.AskAsync(session.Next()));
        await AssertDeadAsync(session);
    }

    [Theory]
    [InlineData("the first response carried payload")]
    [InlineData("the second carried payload")]
    [InlineData("a retransmission")]
    [InlineData("a terminate")]
    [InlineData("slow enough")]
    [Trait("Rule", "B-POLL-03")]
    public async Task Quick_requests_are_no_violation_when_it_is(string exemption)
    {
        var session = await LoginAsync(("hold", "0"));
        if (exemption == "the first response carried payload")
        {
            await PushAsync(await FriendAsync(), session, "m");
            Assert.Equal(["m"], Texts(await session.AskAsync(session.Next())));
        }
        else
        {
            AssertEmpty(await session.AskAsync(session.Next()));
        }

        if (exemption == "slow enough") await Task.Delay(TimeSpan.FromSeconds(session.Creation!.Number("polling")!.Value + 0.3));
        var second = await session.AskAsync(exemption switch
        {
            "the second carried payload" => session.Next([], Ping("p")),
            "a retransmission" => session.Earlier(session.LastNumber),
            "a terminate" => session.Next([("type", "terminate")]),
            _ => session.Next(),
        });
        if (exemption == "a terminate") AssertTerminate(null, second);
        else await AssertAliveAsync(session);
    }

    [Theory]
    [InlineData("pause", "1")]
    [InlineData("xmpp:restart", "true")]
    [Trait("Rule", "B-POLL-03")]
    [Trait("Scope", "ours")]
    public async Task A_quick_request_is_no_violation_when_it_asks_for_something(string attribute, string value)
    {
        var session = await LoginAsync(("hold", "0"));
        AssertEmpty(await session.AskAsync(session.Next()));
        await session.AskAsync(session.Next([(attribute, value)]));
        await AssertAliveAsync(session);
    }
}

/// <summary>1.8: clients that ask for too much.</summary>
public sealed class OveractivityTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-OVER-01")]
    [Trait("Rule", "B-COND-08")]
    [Trait("Scope", "ours")]
    public async Task More_unanswered_requests_than_allowed_end_the_session()
    {
        var session = await LoginAsync(("hold", "2"));
        var n = session.LastNumber;
        foreach (var i in (int[])[1, 2, 4]) await HoldAsync(session, session.Request(n + i));
        AssertTerminate("policy-violation", await AtOnceAsync(await session.SendAsync(session.Request(n + 5))));
        await AssertDeadAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-OVER-02")]
    [Trait("Scope", "ours")]
    public async Task One_more_is_accepted_when_it_is_terminate()
    {
        var session = await LoginAsync(("hold", "2"));
        var n = session.LastNumber;
        var waiting = new List<SentRequest>();
        foreach (var i in (int[])[1, 2, 4]) waiting.Add(await HoldAsync(session, session.Request(n + i)));
        waiting.Add(await session.SendAsync(session.Request(n + 5, [("type", "terminate")])));
        await AssertHeldAsync([.. waiting]);
    }

    // B-OVER-03 as it is written would end every session at a page reload: the SHOULD is kept for the client that goes on and on. Strict
    // counting is the engine's, with a tolerance of zero (OveractivityTests of the engine).
    [Fact]
    [Trait("Rule", "B-OVER-03")]
    [Trait("Rule", "B-OVER-04")]
    [Trait("Scope", "ours")]
    public async Task Only_a_long_row_of_quick_empty_requests_ends_a_session_that_does_not_poll()
    {
        var session = await LoginAsync();
        var last = await session.SendAsync(session.Next());
        for (var i = 0; i < 50; i++)
        {
            var next = await session.SendAsync(session.Next());
            var answer = await last.Answer;
            if (answer.IsTerminate)
            {
                Assert.InRange(i, 3, 50);
                Assert.Equal("policy-violation", (await next).Condition);
                return;
            }

            AssertEmpty(answer);
            last = next;
        }

        Assert.Fail("Fifty quick requests were forgiven.");
    }

    [Fact]
    [Trait("Rule", "B-OVER-04")]
    [Trait("Scope", "ours")]
    public async Task A_quick_request_after_a_broken_one_is_forgiven()
    {
        var session = await LoginAsync();
        var held = await HoldAsync(session);
        held.Cut();
        await HoldAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-OVER-05")]
    [Trait("Scope", "ours")]
    public async Task A_request_may_be_repeated_but_not_without_end()
    {
        var session = await LoginAsync();
        await session.AskAsync(session.Next([], Ping("p")));
        var repeat = session.Earlier(session.LastNumber);
        using var connection = await session.ConnectAsync();
        for (var i = 0; i < 3; i++) Assert.Null((await session.AskAsync(repeat, connection)).Type);
        for (var i = 0; i < 100; i++)
        {
            var answer = await session.AskAsync(repeat, connection);
            if (!answer.IsTerminate) continue;
            Assert.Equal("policy-violation", answer.Condition);
            return;
        }

        Assert.Fail("A hundred repeats were answered.");
    }
}
