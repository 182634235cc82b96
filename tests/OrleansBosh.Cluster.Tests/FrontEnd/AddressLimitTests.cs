using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansBosh.Cluster.Tests.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Cluster.Tests.FrontEnd;

/// <summary>What one client address may do, seen from outside; what is refused costs nobody else anything.</summary>
/// <remarks>Not in the wire suite: all its cases come from one address, and for that the limits are lifted.</remarks>
[Trait("Rule", "B-SEC-03")]
public class AddressLimitTests
{
    [Fact]
    public async Task New_sessions_in_a_minute_are_limited()
    {
        await using var cluster = await StartAsync(options => options.MaxCreationsPerMinute = 2);
        using var recorder = Record(cluster);
        var conditions = await CreateAsync(cluster, 4);
        Assert.Equal([null, null, "policy-violation", "policy-violation"], conditions);
        Assert.Equal(2, Hits(recorder, "creation_rate"));
    }

    [Theory]
    [InlineData("sessions_per_address")]
    [InlineData("sessions")]
    public async Task Sessions_at_the_same_time_are_limited_and_the_others_live_on(string limit)
    {
        await using var cluster = await StartAsync(options =>
        {
            if (limit == "sessions") options.MaxSessions = 1;
            else options.MaxSessionsPerAddress = 1;
        });
        using var recorder = Record(cluster);
        await using var first = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await first.LoginAsync(BoshLogin.Anonymous());
        Assert.Equal(["policy-violation"], await CreateAsync(cluster, 1));
        Assert.Equal(1, Hits(recorder, limit));
        var answer = await first.AskAsync(first.Next([], StanzaXml.Text(StanzaXml.Ping("localhost", "p"))));
        Assert.Equal("result", Assert.Single(answer.Payload).Attribute("type")!.Value);
        Assert.Equal(1, cluster.Nodes[0].SessionCount);
    }

    [Fact]
    public async Task Guesses_of_session_ids_are_limited_and_right_ones_still_work()
    {
        await using var cluster = await StartAsync(options => options.MaxBadSidsPerMinute = 2);
        await AskWithSidAsync(cluster, "guess", "bad_sid_rate");
    }

    [Fact]
    public async Task Requests_for_sessions_that_are_gone_are_limited_and_living_ones_go_on()
    {
        await using var cluster = await StartAsync(options => options.MaxGoneSidsPerMinute = 2);
        // Ours, and of no session: as after the death of its node.
        var (sid, _) = cluster.Nodes[0].Silo.ServiceProvider.GetRequiredService<SessionIds>().Create();
        await AskWithSidAsync(cluster, sid, "gone_sid_rate");
    }

    [Fact]
    public void The_limit_for_sessions_that_are_gone_lets_the_clients_of_a_whole_node_behind_one_address_learn_it()
    {
        // 2,000 clients; with requests='2' each has two open, and may repeat both a few times before an answer reaches it.
        Assert.InRange(new BoshOptions().MaxGoneSidsPerMinute, 2000 * 2 * 3, int.MaxValue);
    }

    [Fact]
    public async Task Sessions_of_one_account_are_limited()
    {
        await using var cluster = await StartAsync(options => options.MaxResources = 1);
        using var recorder = Record(cluster);
        await using (var registration = new Load.Live.BoshClient(TwoNodes.ClientOf(cluster, cluster.Nodes[0])))
        {
            await registration.RegisterAsync("juliet", "secret");
        }

        await using var first = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await first.LoginAsync(BoshLogin.Plain("juliet", "secret"));
        await using var second = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        var refused = await Assert.ThrowsAsync<LoginException>(() => second.LoginAsync(BoshLogin.Plain("juliet", "secret")));
        Assert.Contains("resource-constraint", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, Hits(recorder, "sessions_per_user"));
    }

    [Fact]
    public async Task New_accounts_are_limited()
    {
        await using var cluster = await StartAsync(options => options.MaxRegistrationsPerHour = 1);
        using var recorder = Record(cluster);
        await RegisterAsync("romeo");
        var refused = await Assert.ThrowsAsync<LoginException>(() => RegisterAsync("juliet"));
        Assert.Contains("resource-constraint", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, Hits(recorder, "registration_rate"));

        async Task RegisterAsync(string user)
        {
            await using var client = new Load.Live.BoshClient(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
            await client.RegisterAsync(user, "secret");
        }
    }

    /// <summary>Four requests with a sid that no session has, of which two are allowed, beside a session that must not notice.</summary>
    private static async Task AskWithSidAsync(BoshTestCluster cluster, string sid, string limit)
    {
        using var recorder = Record(cluster);
        await using var session = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await session.OpenAsync();
        await using var stranger = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0])) { Sid = sid };
        var conditions = new List<string?>();
        for (var i = 0; i < 4; i++) conditions.Add((await stranger.AskAsync(stranger.Next())).Condition);
        Assert.Equal(["item-not-found", "item-not-found", "policy-violation", "policy-violation"], conditions);
        Assert.Equal(2, Hits(recorder, limit));
        Assert.Equal(2, recorder["bosh.server.refused_requests{bosh.condition=item-not-found}"]);
        Assert.True((await session.AskAsync(session.Next([("type", "terminate")]))).IsTerminate);
    }

    private static MeterRecorder Record(BoshTestCluster cluster) => new(cluster.Nodes[0].Silo.ServiceProvider.GetRequiredService<IMeterFactory>());

    private static long Hits(MeterRecorder recorder, string limit) => recorder[$"bosh.server.limit_hits{{bosh.limit={limit}}}"];

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
