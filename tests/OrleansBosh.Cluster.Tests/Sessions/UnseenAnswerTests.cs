using System.Xml.Linq;
using Microsoft.Extensions.Time.Testing;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>An answer is written to a connection that is as good as dead, and its client never comes back to its session.</summary>
public class UnseenAnswerTests
{
    private static readonly BoshLogin Juliet = BoshLogin.Plain("juliet", "secret");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    [Trait("Rule", "B-INACT-04")]
    public async Task A_message_on_a_lost_connection_waits_for_the_next_login_and_a_query_is_answered_to_its_sender()
    {
        await using var cluster = await BoshTestCluster.StartAsync(2, time: _time);
        var (home, away) = (cluster.Nodes[0], cluster.Nodes[1]);
        await using (var registration = new BoshClient(TwoNodes.ClientOf(cluster, away))) await registration.RegisterAsync("juliet", "secret");
        await using var lost = new ScriptedSession(TwoNodes.ClientOf(cluster, home));
        await lost.LoginAsync(Juliet);
        await using var romeo = new BoshClient(TwoNodes.ClientOf(cluster, away));
        await romeo.LoginAsync(BoshLogin.Anonymous());

        var answered = await lost.SendAsync(lost.Next());
        await Eventually.IsTrueAsync(() => home.LocalSessions.HeldRequests == 1, "the request is held");
        await romeo.SendAsync(StanzaXml.Message(lost.Jid!, "written to the connection"));
        await Eventually.IsTrueAsync(() => home.LocalSessions.HeldRequests == 0, "the answer has left");
        answered.Cut();
        await romeo.SendAsync(StanzaXml.Message(lost.Jid!, "queued"));
        var pong = romeo.IqAsync(StanzaXml.Ping(lost.Jid));
        // The domain takes a sender's stanzas in their order: what came before this one is in the queue.
        await PassTimeAsync(romeo.IqAsync(StanzaXml.Ping("localhost")), "romeo has his answer");
        await Eventually.IsTrueAsync(
            () =>
            {
                // Romeo must not be taken for dead as well.
                if (away.LocalSessions.HeldRequests > 0) _time.Advance(TimeSpan.FromSeconds(10));
                return home.SessionCount == 0;
            },
            "the session has ended by inactivity");
        Assert.Equal("service-unavailable", StanzaXml.ErrorCondition(await PassTimeAsync(pong, "romeo's query is answered")));

        await using var back = new BoshClient(TwoNodes.ClientOf(cluster, away));
        await back.LoginAsync(Juliet);
        await back.SendAsync(StanzaXml.Presence());
        Assert.Equal("written to the connection", await PassTimeAsync(NextLateTextAsync(back), "the first message is there"));
        Assert.Equal("queued", await PassTimeAsync(NextLateTextAsync(back), "the second message is there"));
    }

    [Fact]
    [Trait("Rule", "B-INACT-04")]
    [Trait("Rule", "P-RT-11")]
    public async Task What_comes_while_a_session_waits_for_its_end_to_be_fetched_stays_behind_what_its_client_has_not_seen()
    {
        await using var cluster = await BoshTestCluster.StartAsync(1, time: _time);
        var node = cluster.Nodes[0];
        await using (var registration = new BoshClient(TwoNodes.ClientOf(cluster, node))) await registration.RegisterAsync("juliet", "secret");
        await using var lost = new ScriptedSession(TwoNodes.ClientOf(cluster, node));
        await lost.LoginAsync(Juliet);
        await using var romeo = new BoshClient(TwoNodes.ClientOf(cluster, node));
        await romeo.LoginAsync(BoshLogin.Anonymous());

        await romeo.SendAsync(StanzaXml.Message(lost.Jid!, "unseen"));
        await PassTimeAsync(romeo.IqAsync(StanzaXml.Ping("localhost")), "the message is queued");
        // Its answer takes the message along, so the end waits for a request that never comes.
        var answer = await lost.ExchangeAsync([], ["<message xmlns='jabber:client' from='somebody@localhost' to='romeo@localhost'/>"]);
        Assert.Equal(BoshNames.Client + "message", Assert.Single(answer.Payload).Name);
        await romeo.SendAsync(StanzaXml.Message(lost.Jid!, "late"));
        await PassTimeAsync(romeo.IqAsync(StanzaXml.Ping("localhost")), "the late message has reached the account");
        await Eventually.IsTrueAsync(
            () =>
            {
                if (node.LocalSessions.HeldRequests > 0) _time.Advance(TimeSpan.FromSeconds(1));
                return node.SessionCount == 1;
            },
            "the session has ended");

        await using var back = new BoshClient(TwoNodes.ClientOf(cluster, node));
        await back.LoginAsync(Juliet);
        await back.SendAsync(StanzaXml.Presence());
        Assert.Equal("unseen", await PassTimeAsync(NextLateTextAsync(back), "the first message is there"));
        Assert.Equal("late", await PassTimeAsync(NextLateTextAsync(back), "the second message is there"));
    }

    /// <summary>Some answers wait for a moment, which must pass.</summary>
    private async Task<T> PassTimeAsync<T>(Task<T> task, string what)
    {
        await Eventually.IsTrueAsync(
            () =>
            {
                if (!task.IsCompleted) _time.Advance(TimeSpan.FromMilliseconds(20));
                return task.IsCompleted;
            },
            what);
        return await task;
    }

    private static async Task<string?> NextLateTextAsync(BoshClient client)
    {
        while (true)
        {
            var stanza = await client.Stanzas.ReadAsync();
            if (stanza.Name != BoshNames.Client + "message") continue;
            Assert.NotNull(stanza.Element(XName.Get("delay", "urn:xmpp:delay")));
            return stanza.Element(BoshNames.Client + "body")?.Value;
        }
    }
}
