using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>
/// Three nodes as processes of their own and their PostgreSQL, for all tests of this folder: a test may end any of them, and each begins
/// with <see cref="RepairAsync"/>.
/// </summary>
public sealed class ThreeNodes : IAsyncLifetime
{
    public const int Count = 3;

    /// <summary>
    /// Open to everybody, behind a proxy and without; no limits on the one address that all clients share, and sessions that outlast the
    /// opening of many others.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["Domain"] = ClusterTest.Domain,
        ["AllowAnonymous"] = "true",
        ["AllowRegistration"] = "true",
        ["AllowPlainWithoutTls"] = "true",
        ["TrustedProxies"] = "127.0.0.0/8",
        ["MaxSessionsPerAddress"] = "100000",
        ["MaxCreationsPerMinute"] = "100000",
        ["MaxBadSidsPerMinute"] = "100000",
        ["MaxRosterItems"] = "100000",
        ["MaxOfflineMessages"] = "100000",
        ["Inactivity"] = "00:10:00",
        ["LoginTimeout"] = "00:10:00",
    };

    public NodeCluster Cluster { get; private set; } = null!;

    /// <summary>A node by its number, from 1.</summary>
    public NodeProcess this[int number] => Cluster.Nodes[number - 1];

    /// <summary>The BOSH resources of all three.</summary>
    public IReadOnlyList<Uri> Urls => [.. Cluster.Nodes.Take(Count).Select(node => node.BoshUrl)];

    public async Task InitializeAsync() => Cluster = await NodeCluster.StartAsync(new() { Count = Count, Settings = Settings });

    public async Task DisposeAsync() => await Cluster.DisposeAsync();

    /// <summary>What the nodes said so far.</summary>
    public string Output => string.Join('\n', Cluster.Nodes.Select(node => $"{node.Url}\n{node.Output}"));

    /// <summary>Starts again what an earlier test has ended, all at once, and ends what it has left beyond.</summary>
    public async Task RepairAsync()
    {
        foreach (var extra in Cluster.Nodes.Skip(Count).Where(node => !node.HasExited))
        {
            extra.Kill();
            await extra.WaitForExitAsync();
        }

        var ended = Enumerable.Range(1, Count).Where(number => this[number].HasExited).ToArray();
        await Task.WhenAll(ended.Select(number => Cluster.StartNodeAsync(number)));
    }
}

/// <summary>Not beside other tests: what is measured here are the cluster's reactions, and each node takes what it gets of the processor.</summary>
[CollectionDefinition(nameof(ThreeNodes), DisableParallelization = true)]
public class ThreeNodesCollection : ICollectionFixture<ThreeNodes>;
