using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>Many sessions that chat over three nodes that stay up.</summary>
public sealed class ClusterChatTests(ThreeNodes nodes, ITestOutputHelper output) : ClusterTest(nodes, output)
{
    [Fact]
    public async Task Nodes_started_at_once_on_an_empty_database_all_serve_and_list_each_other()
    {
        string[] all = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
        foreach (var number in Enumerable.Range(1, ThreeNodes.Count))
        {
            Assert.Equal(all, await ListAsync(number));
            Report($"node {number} served {Seconds(Nodes[number].StartupTime)} after its start");
        }
    }

    [Fact]
    public async Task Pairs_that_follow_host_or_send_each_request_anywhere_lose_double_and_disorder_nothing()
    {
        var (pairs, messages) = IsFull ? (150, 134) : (30, 67);
        // Three that follow, three that do not: pairs of all kinds, on all nodes.
        var rate = await ChatLoad.RunAsync(Nodes.Urls, pairs, messages, static index => index / 3 % 2 == 0, Output);
        if (IsFull) Assert.True(rate >= 5, $"{rate:F1} messages per second and pair");
    }

    [Fact]
    [Trait("Rule", "P-RT-11")]
    public async Task Pairs_that_write_at_each_other_at_the_same_moment_never_wait_for_each_other()
    {
        var (pairs, rounds) = IsFull ? (200, 20) : (50, 10);
        var clients = await LoginPairsAsync(pairs, 1, 2, 3);
        // Another test may have killed a node just now: accounts that come to life within the next moments wait until all have spoken
        // (SiloWatch), and a fresh node is slow. Neither is what is looked at here.
        await new PairRounds().RunAsync(clients, rounds: 3);
        var chat = new PairRounds();
        await chat.RunAsync(clients, rounds);
        Report($"{chat.Deliveries.Count} messages of {pairs} pairs: p50 {Seconds(chat.Deliveries.Percentile(0.5))}, p99 {Seconds(chat.Deliveries.Percentile(0.99))}, longest {Seconds(chat.Deliveries.Max)}");
        Assert.Equal(2L * pairs * rounds, chat.Deliveries.Count);
        // An awaited cycle between grains shows as their response time-out of 10 s; what is allowed besides is a starved machine.
        Assert.InRange(chat.Deliveries.Max, TimeSpan.Zero, TimeSpan.FromSeconds(IsFull ? 1 : 5));
    }

    [Fact]
    [Trait("Rule", "B-COND-06")]
    public async Task A_sid_that_the_cluster_never_gave_out_is_unknown_at_every_node()
    {
        foreach (var number in Enumerable.Range(1, ThreeNodes.Count))
        {
            var session = NewSession(number);
            session.Sid = "EFztDY_WHXjV3RoFfFWnJgBgXboItbEjkx024R6NHiKM";
            Assert.Equal("item-not-found", (await session.AskAsync(session.Next(), cancellation: Limit)).Condition);
        }
    }
}
