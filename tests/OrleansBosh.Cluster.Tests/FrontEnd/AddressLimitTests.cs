using OrleansBosh.Cluster.Tests.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Cluster.Tests.FrontEnd;

/// <summary>What one client address may do, seen from outside; what is refused costs nobody else anything.</summary>
[Trait("Rule", "B-SEC-03")]
public class AddressLimitTests
{
    [Fact]
    public async Task New_sessions_in_a_minute_are_limited()
    {
        await using var cluster = await StartAsync(options => options.MaxCreationsPerMinute = 2);
        var conditions = await CreateAsync(cluster, 4);
        Assert.Equal([null, null, "policy-violation", "policy-violation"], conditions);
    }

    [Fact]
    public async Task Sessions_at_the_same_time_are_limited_and_the_others_live_on()
    {
        await using var cluster = await StartAsync(options => options.MaxSessionsPerAddress = 1);
        await using var first = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await first.LoginAsync(BoshLogin.Anonymous());
        Assert.Equal(["policy-violation"], await CreateAsync(cluster, 1));
        var answer = await first.AskAsync(first.Next([], StanzaXml.Text(StanzaXml.Ping("localhost", "p"))));
        Assert.Equal("result", Assert.Single(answer.Payload).Attribute("type")!.Value);
        Assert.Equal(1, cluster.Nodes[0].SessionCount);
    }

    [Fact]
    public async Task Guesses_of_session_ids_are_limited_and_right_ones_still_work()
    {
        await using var cluster = await StartAsync(options => options.MaxBadSidsPerMinute = 2);
        await using var session = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await session.OpenAsync();
        await using var guesser = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0])) { Sid = "guess" };
        var conditions = new List<string?>();
        for (var i = 0; i < 4; i++) conditions.Add((await guesser.AskAsync(guesser.Next())).Condition);
        Assert.Equal(["item-not-found", "item-not-found", "policy-violation", "policy-violation"], conditions);
        Assert.True((await session.AskAsync(session.Next([("type", "terminate")]))).IsTerminate);
    }

    [Fact]
    public async Task Sessions_of_one_account_are_limited()
    {
        await using var cluster = await StartAsync(options => options.MaxResources = 1);
        await using (var registration = new Load.Live.BoshClient(TwoNodes.ClientOf(cluster, cluster.Nodes[0])))
        {
            await registration.RegisterAsync("juliet", "secret");
        }

        await using var first = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await first.LoginAsync(BoshLogin.Plain("juliet", "secret"));
        await using var second = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        var refused = await Assert.ThrowsAsync<LoginException>(() => second.LoginAsync(BoshLogin.Plain("juliet", "secret")));
        Assert.Contains("resource-constraint", refused.Message, StringComparison.Ordinal);
    }

    private static Task<BoshTestCluster> StartAsync(Action<BoshOptions> configure) => BoshTestCluster.StartAsync(1, configure);

    private static async Task<List<string?>> CreateAsync(BoshTestCluster cluster, int count)
    {
        var conditions = new List<string?>();
        for (var i = 0; i < count; i++)
        {
            await using var session = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
            conditions.Add((await session.AskAsync(session.CreationRequest())).Condition);
        }

        return conditions;
    }
}
