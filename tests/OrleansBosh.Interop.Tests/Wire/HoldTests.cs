using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.5: holding and answering.</summary>
public sealed class HoldTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-HOLD-01")]
    public async Task A_request_is_held_until_there_is_payload()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var held = await HoldAsync(session);
        await PushAsync(friend, session, "m");
        Assert.Equal(["m"], Texts(await AtOnceAsync(held)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Rule", "B-HOLD-02")]
    public async Task A_request_beyond_hold_releases_the_lowest(int hold)
    {
        var session = await LoginAsync(("hold", $"{hold}"));
        var held = new List<SentRequest>();
        // As many as the server grants.
        for (var i = 0; i < session.Creation!.Number("hold"); i++) held.Add(await session.SendAsync(session.Next()));
        await AssertHeldAsync([.. held]);
        var last = await session.SendAsync(session.Next());
        AssertEmpty(await AtOnceAsync(held[0]));
        await AssertHeldAsync([.. held[1..], last]);
    }

    [Fact]
    [Trait("Rule", "B-HOLD-03")]
    public async Task Payload_goes_on_the_lowest_open_request()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync(("hold", "2"));
        var held = new List<SentRequest>();
        for (var i = 0; i < session.Creation!.Number("hold"); i++) held.Add(await session.SendAsync(session.Next()));
        await AssertHeldAsync([.. held]);
        await PushAsync(friend, session, "m");
        Assert.Equal(["m"], Texts(await AtOnceAsync(held[0])));
        if (held.Count > 1) await AssertHeldAsync([.. held[1..]]);
    }

    [Fact]
    [Trait("Rule", "B-HOLD-04")]
    public async Task Queued_payload_leaves_together_and_in_order()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        await PushAsync(friend, session, "1", "2", "3");
        Assert.Equal(["1", "2", "3"], Texts(await AtOnceAsync(await session.SendAsync(session.Next()))));
    }

    [Fact]
    [Trait("Rule", "B-HOLD-05")]
    public async Task Payload_is_forwarded_on_arrival()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var held = await session.SendAsync(session.Next([], MessageTo(friend, "m")));
        await HearsAsync(friend, "m");
        await AssertHeldAsync(held);
        await HoldAsync(session);
        AssertEmpty(await AtOnceAsync(held));
    }

    [Fact]
    [Trait("Rule", "B-HOLD-06")]
    [Trait("Scope", "ours")]
    public async Task A_reply_rides_the_response_that_its_request_released()
    {
        var session = await LoginAsync();
        var first = await HoldAsync(session);
        var second = await session.SendAsync(session.Next([], Ping("p")));
        Assert.Equal("p", Assert.Single((await AtOnceAsync(first)).Payload).Attribute("id")?.Value);
        await AssertHeldAsync(second);
    }

    [Fact]
    [Trait("Rule", "B-HOLD-07")]
    [Trait("Scope", "ours")]
    public async Task Each_step_of_the_negotiation_is_answered_on_its_own_request()
    {
        var session = await OpenAsync();
        var scram = Convert.ToBase64String("n,,n=nobody,r=0123456789abcdef"u8);
        var challenge = await session.AskAsync(session.Next([], $"<auth xmlns='{BoshNames.Sasl}' mechanism='SCRAM-SHA-1'>{scram}</auth>"));
        Assert.Equal(BoshNames.Sasl + "challenge", Assert.Single(challenge.Payload).Name);
        var abort = await session.AskAsync(session.Next([], $"<abort xmlns='{BoshNames.Sasl}'/>"));
        Assert.Equal(BoshNames.Sasl + "failure", Assert.Single(abort.Payload).Name);
        // Four requests and no more: none of the answers was empty.
        await session.LoginAsync(BoshLogin.Anonymous());
        Assert.Equal(5, session.LastNumber);
    }

    [Fact]
    [Trait("Rule", "B-HOLD-08")]
    public async Task Two_who_send_at_once_over_connections_that_break_lose_and_reorder_nothing()
    {
        var romeo = await FriendAsync(options => options with { CutShare = 0.05 });
        var juliet = await FriendAsync(options => options with { CutShare = 0.05 });
        var texts = Enumerable.Range(0, 300).Select(i => $"{i}").ToArray();
        await Task.WhenAll(
            SendAllAsync(romeo, juliet.Jid!), SendAllAsync(juliet, romeo.Jid!), HearsAsync(romeo, texts), HearsAsync(juliet, texts));

        async Task SendAllAsync(BoshClient from, string to)
        {
            foreach (var text in texts) await from.SendAsync(StanzaXml.Message(to, text));
        }
    }
}

/// <summary>1.6: the end of <c>wait</c>.</summary>
public sealed class WaitTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-WAIT-01")]
    public async Task A_request_is_held_no_longer_than_wait_from_its_own_arrival()
    {
        var session = await LoginAsync(("wait", "3"), ("hold", "2"));
        var answers = new List<Task<(BoshAnswer, TimeSpan)>>();
        for (var i = 0; i < session.Creation!.Number("hold"); i++)
        {
            if (i > 0) await Task.Delay(TimeSpan.FromSeconds(1));
            answers.Add(TimeAsync((await session.SendAsync(session.Next())).Answer));
        }

        foreach (var (answer, after) in await Task.WhenAll(answers))
        {
            AssertEmpty(answer);
            Assert.InRange(after, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3) + Noise);
        }

        await AssertAliveAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-WAIT-02")]
    [Trait("Scope", "ours")]
    public async Task The_answer_comes_a_little_before_wait_is_over()
    {
        // So long that "a little" is a whole second, which a busy machine does not eat up.
        var session = await LoginAsync(("wait", "20"));
        var (answer, after) = await TimeAsync(session.AskAsync(session.Next()), TimeSpan.FromSeconds(30));
        AssertEmpty(answer);
        Assert.InRange(after, TimeSpan.FromSeconds(18), TimeSpan.FromSeconds(20));
    }
}

/// <summary>1.6: the longest wait, in a class of its own since the cases of a class wait for each other.</summary>
public sealed class LongestWaitTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-WAIT-03")]
    public async Task A_request_that_is_held_for_the_whole_maximum_leaves_its_connection_usable()
    {
        var session = await LoginAsync(("wait", "99999"));
        var longest = TimeSpan.FromSeconds(session.Creation!.Number("wait")!.Value);
        // Usual proxies cut what says nothing for a minute.
        Assert.InRange(longest, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        using var connection = await session.ConnectAsync();
        var (answer, after) = await TimeAsync(session.AskAsync(session.Next(), connection), longest + Noise);
        AssertEmpty(answer);
        Assert.InRange(after, longest * 0.9, longest + Noise);
        Assert.True(answer.Http!.KeepsAlive);
        Assert.Single((await session.AskAsync(session.Next([], Ping("p")), connection)).Payload);
    }
}
