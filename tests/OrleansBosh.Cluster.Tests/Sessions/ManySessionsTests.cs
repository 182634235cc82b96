using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Scenarios;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>Several silos in one process under hundreds of sessions.</summary>
public class ManySessionsTests(ITestOutputHelper output)
{
    private const int NodeCount = 4;
    private const int Pairs = 100;
    private const int MessagesEachWay = 20;

    private static readonly ParallelOptions AFew = new() { MaxDegreeOfParallelism = 16 };

    [Fact]
    public async Task Hundreds_of_chatting_sessions_on_several_nodes_lose_double_and_disorder_nothing()
    {
        await using var cluster = await BoshTestCluster.StartAsync(NodeCount);
        // Three that follow host, three that send each request anywhere: pairs of all kinds, on all nodes.
        var clients = Enumerable.Range(0, 2 * Pairs).Select(index => new BoshClient(Client(cluster, index) with
        {
            FollowHost = index / 3 % 2 == 0,
            SpreadsRequests = index / 3 % 2 != 0,
        })).ToArray();
        await Parallel.ForEachAsync(clients, AFew, async (client, cancellation) => await client.LoginAsync(BoshLogin.Anonymous(), cancellation));

        var exchange = new MessageExchange("localhost", MessagesEachWay, TimeSpan.FromMinutes(1));
        await Task.WhenAll(clients.Chunk(2).Select(pair => exchange.RunPairAsync(pair[0], pair[1])));
        foreach (var client in clients) await client.DisposeAsync();

        output.WriteLine($"{exchange.Deliveries.Count} messages, longest delivery {exchange.Deliveries.Max.TotalMilliseconds:F0} ms, longest call between grains {cluster.LongestCall.TotalMilliseconds:F0} ms");
        Assert.Equal(2 * Pairs, exchange.Checks.Count);
        Assert.All(exchange.Checks, check => Assert.True(check.IsClean, $"{check.Missing} lost, {check.Duplicates} doubled, {check.OutOfOrder} out of order"));
        // An awaited cycle between grains would show as their response time-out of 10 s; what is allowed besides is a noisy machine.
        Assert.InRange(cluster.LongestCall, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    private static BoshClientOptions Client(BoshTestCluster cluster, int first) => TwoNodes.ClientOf(cluster, cluster.Nodes[0]) with
    {
        Nodes = [.. Enumerable.Range(0, NodeCount).Select(index => cluster.Nodes[(first + index) % NodeCount].Url)],
        AnswerGrace = TimeSpan.FromSeconds(30),
    };
}
