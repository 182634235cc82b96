using System.Diagnostics.Metrics;
using System.Xml.Linq;
using Microsoft.Extensions.DependencyInjection;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Scenarios;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>Any node serves any session: a request at the wrong one is forwarded, and <c>host</c> names the owner.</summary>
/// <remarks>Not in the wire suite: that knows one URL, and behind it are not always several nodes.</remarks>
[Collection(nameof(TwoNodes))]
public class ForwardingTests(TwoNodes nodes, ITestOutputHelper output)
{
    private const int MessagesEachWay = 1000;

    [Fact]
    public async Task A_session_lives_on_the_node_that_received_it()
    {
        var before = nodes.B.SessionCount;
        await using var session = new ScriptedSession(nodes.Client(nodes.B));
        await session.OpenAsync();
        Assert.Equal(before + 1, nodes.B.SessionCount);
        Assert.Equal("node2.test", session.Creation!.Host);
    }

    [Fact]
    [Trait("Rule", "B-SEC-06")]
    public async Task A_request_at_the_wrong_node_is_answered_by_the_owner_and_host_names_the_owner()
    {
        await using var session = new ScriptedSession(nodes.Client(nodes.A));
        await session.LoginAsync(BoshLogin.Anonymous());
        session.Node = nodes.B.Url;
        var answer = await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Ping("localhost", "p1"))));
        Assert.Equal("node1.test", answer.Host);
        Assert.Equal("result", Assert.Single(answer.Payload).Attribute("type")!.Value);
    }

    [Fact]
    public async Task A_request_at_the_wrong_node_is_metered_there_as_forwarded_and_at_the_owner_as_received()
    {
        using var owner = Record(nodes.A);
        using var other = Record(nodes.B);
        await using var session = new ScriptedSession(nodes.Client(nodes.A));
        await session.LoginAsync(BoshLogin.Anonymous());
        Assert.Equal(0, other["bosh.server.forwarded_requests"]);
        var before = owner["bosh.server.requests{bosh.request.kind=payload}"];

        session.Node = nodes.B.Url;
        await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Ping("localhost", "p1"))));
        Assert.Equal(1, other["bosh.server.forwarded_requests"]);
        Assert.Equal(0, owner["bosh.server.forwarded_requests"]);
        Assert.Equal(before + 1, owner["bosh.server.requests{bosh.request.kind=payload}"]);

        static MeterRecorder Record(BoshTestNode node) => new(node.Silo.ServiceProvider.GetRequiredService<IMeterFactory>());
    }

    [Fact]
    [Trait("Rule", "B-SEC-06")]
    [Trait("Rule", "B-RID-03")]
    [Trait("Rule", "B-RID-04")]
    public async Task Requests_that_alternate_between_nodes_keep_the_order_of_their_rids()
    {
        await using var friend = new BoshClient(nodes.Client(nodes.A));
        await friend.LoginAsync(BoshLogin.Anonymous());
        // Room for three requests: one held from the round before, and two of this one.
        await using var session = new ScriptedSession(nodes.Client(nodes.A) with { Hold = 2 });
        await session.LoginAsync(BoshLogin.Anonymous());
        for (var i = 0; i < 20; i += 2)
        {
            var n = session.LastNumber;
            // The later one overtakes the earlier one, at the other node.
            session.Node = i % 4 == 0 ? nodes.A.Url : nodes.B.Url;
            var later = await session.SendAsync(session.Request(n + 2, [], MessageTo(friend, i + 1)));
            session.Node = i % 4 == 0 ? nodes.B.Url : nodes.A.Url;
            var earlier = await session.SendAsync(session.Request(n + 1, [], MessageTo(friend, i)));
            Assert.Empty((await earlier).Payload);
            Assert.False(later.Answer.IsCompleted);
        }

        for (var i = 0; i < 20; i++) Assert.Equal($"{i}", (await NextMessageAsync(friend)).Value);

        // What the window refuses, it refuses everywhere, and for good.
        session.Node = nodes.B.Url;
        Assert.Equal("item-not-found", (await session.AskAsync(session.Request(session.LastNumber + 9))).Condition);
        session.Node = nodes.A.Url;
        Assert.Equal("item-not-found", (await session.AskAsync(session.Next())).Condition);
    }

    [Fact]
    public async Task Every_body_of_a_session_carries_host()
    {
        await using var session = new ScriptedSession(nodes.Client(nodes.A));
        await session.LoginAsync(BoshLogin.Anonymous());
        var held = await session.SendAsync(session.Next());
        var repeat = await session.SendAsync(session.Earlier(session.LastNumber));
        // On two connections: nobody knows which of the two the server takes for the repeat. The other one is answered at once.
        await Task.WhenAny(held.Answer, repeat.Answer);
        var end = await session.AskAsync(session.Next([("type", "terminate")]));
        BoshAnswer[] answers = [await held, await repeat];
        Assert.Single(answers, answer => answer.IsError);
        Assert.Single(answers, answer => answer.IsTerminate);
        Assert.All([end, .. answers], answer => Assert.Equal("node1.test", answer.Host));
    }

    [Fact]
    public async Task A_client_that_follows_host_goes_to_the_owner()
    {
        await using var session = new ScriptedSession(nodes.Client(nodes.B) with { FollowHost = true });
        await session.LoginAsync(BoshLogin.Anonymous());
        Assert.Equal("node2.test", session.Node.Host);
    }

    [Fact]
    [Trait("Rule", "P-RT-11")]
    public async Task Two_clients_that_write_at_each_other_over_wrong_nodes_lose_nothing_and_never_wait_for_each_other()
    {
        // Each session lives on the node that the other client talks to: every request and every delivery crosses the nodes.
        await using var first = new BoshClient(nodes.Client(nodes.A));
        await using var second = new BoshClient(nodes.Client(nodes.B));
        await Task.WhenAll(first.LoginAsync(BoshLogin.Anonymous()), second.LoginAsync(BoshLogin.Anonymous()));
        first.Node = nodes.B.Url;
        second.Node = nodes.A.Url;

        var exchange = new MessageExchange("localhost", MessagesEachWay, TimeSpan.FromSeconds(30));
        await exchange.RunPairAsync(first, second);

        output.WriteLine($"longest call between grains: {nodes.Cluster.LongestCall.TotalMilliseconds:F0} ms");
        Assert.All(exchange.Checks, check => Assert.True(check.IsClean, $"{check.Missing} lost, {check.Duplicates} doubled, {check.OutOfOrder} out of order"));
        // An awaited cycle between grains would show as their response time-out of 10 s; what is allowed besides is a noisy machine.
        Assert.InRange(nodes.Cluster.LongestCall, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    private static string MessageTo(BoshClient friend, int number) => StanzaXml.Text(StanzaXml.Message(friend.Jid!, $"{number}"));

    private static async Task<XElement> NextMessageAsync(BoshClient friend)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var stanza = await friend.Stanzas.ReadAsync(limit.Token);
            if (stanza.Name.LocalName == "message") return stanza;
        }
    }
}
