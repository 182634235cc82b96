using System.Collections.Concurrent;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>A node dies with its sessions; their clients come to the other nodes with sids that are authentic.</summary>
public class LostSessionsTests
{
    private const int Clients = 2000;

    [Fact]
    [Trait("Rule", "B-COND-06")]
    public async Task Clients_of_a_killed_node_get_item_not_found_and_nothing_of_their_sessions_stays()
    {
        await using var cluster = await BoshTestCluster.StartAsync(3, options =>
        {
            // All clients come from one address.
            options.MaxSessionsPerAddress = Clients;
            options.MaxCreationsPerMinute = Clients;
        });
        var sids = new ConcurrentBag<string>();
        await ForClientsAsync(Enumerable.Range(0, Clients), async _ =>
        {
            await using var session = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[2]));
            await session.OpenAsync();
            sids.Add(session.Sid!);
        });
        Assert.Equal(Clients, cluster.Nodes[2].SessionCount);

        await cluster.KillAsync(cluster.Nodes[2]);
        var conditions = new ConcurrentBag<string?>();
        await ForClientsAsync(sids, async sid =>
        {
            var node = cluster.Nodes[sid[0] % 2];
            await using var session = new ScriptedSession(TwoNodes.ClientOf(cluster, node)) { Sid = sid };
            conditions.Add((await session.AskAsync(session.Next())).Condition);
        });

        Assert.Equal(Clients, conditions.Count);
        Assert.All(conditions, condition => Assert.Equal("item-not-found", condition));
        await Eventually.IsTrueAsync(async () => await cluster.CountSessionGrainsAsync() == 0, "the activations are gone");
    }

    private static Task ForClientsAsync<T>(IEnumerable<T> clients, Func<T, Task> act) =>
        Parallel.ForEachAsync(clients, new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (client, _) => await act(client));
}
