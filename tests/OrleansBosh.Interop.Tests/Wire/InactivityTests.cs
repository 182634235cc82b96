using System.Diagnostics;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.10: clients that fall silent.</summary>
public sealed class InactivityTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-INACT-01")]
    [Trait("Rule", "B-COND-06")]
    public async Task A_session_ends_when_no_request_comes_for_inactivity()
    {
        var (used, idle) = (await LoginAsync(), await LoginAsync());
        await Task.WhenAll(UseAsync(), IdleAsync());

        async Task UseAsync()
        {
            for (var i = 0; i < 3; i++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
                await AssertAliveAsync(used);
            }
        }

        async Task IdleAsync()
        {
            await Task.Delay(InactivityOf(idle) + TimeSpan.FromSeconds(1));
            await AssertDeadAsync(idle);
        }
    }

    [Fact]
    [Trait("Rule", "B-INACT-02")]
    public async Task The_timer_starts_at_the_response_and_never_while_a_request_is_held()
    {
        // Longer than the limit of inactivity.
        var session = await LoginAsync(("wait", "8"));
        AssertEmpty(await session.AskAsync(session.Next()));
        await Task.Delay(TimeSpan.FromSeconds(1));
        await AssertAliveAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-INACT-05")]
    public async Task The_end_is_made_known()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Presence(to: friend.Jid)), Ping("p")));
        Assert.Null((await NextPresenceAsync(friend)).Attribute("type"));
        Assert.Equal("unavailable", (await NextPresenceAsync(friend)).Attribute("type")?.Value);
    }

    [Fact]
    [Trait("Rule", "B-INACT-03")]
    [Trait("Rule", "B-INACT-05")]
    [Trait("Scope", "ours")]
    public async Task A_broken_connection_starts_the_timer_and_the_end_is_made_known()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync(("wait", "30"));
        await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Presence(to: friend.Jid)), Ping("p")));
        Assert.Null((await NextPresenceAsync(friend)).Attribute("type"));
        var held = await HoldAsync(session);
        held.Cut();
        var clock = Stopwatch.StartNew();
        Assert.Equal("unavailable", (await NextPresenceAsync(friend)).Attribute("type")?.Value);
        Assert.InRange(clock.Elapsed, InactivityOf(session) - TimeSpan.FromSeconds(1), InactivityOf(session) + Noise);
        await AssertDeadAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-INACT-04")]
    public async Task What_an_ended_session_did_not_fetch_is_answered_to_its_sender()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        await friend.SendAsync(StanzaXml.Presence(to: session.Jid));
        await friend.SendAsync(StanzaXml.Message(session.Jid!, "m", id: "m1"));
        var ping = friend.IqAsync(StanzaXml.Ping(session.Jid));
        var pong = await ping.WaitAsync(InactivityOf(session) + TimeSpan.FromSeconds(10));
        Assert.Equal("service-unavailable", StanzaXml.ErrorCondition(pong));
        var bounced = await NextMessageAsync(friend);
        Assert.Equal("m1", bounced.Attribute("id")?.Value);
        Assert.Contains(StanzaXml.ErrorCondition(bounced), (string?[])["recipient-unavailable", "service-unavailable"]);
    }

    private static async Task<XElement> NextPresenceAsync(BoshClient friend)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            var stanza = await friend.Stanzas.ReadAsync(limit.Token);
            if (stanza.Name == BoshNames.Client + "presence") return stanza;
        }
    }
}
