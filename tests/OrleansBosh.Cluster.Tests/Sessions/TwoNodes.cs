using System.Net;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>One cluster of two nodes for all tests that do not change its options.</summary>
public sealed class TwoNodes : IAsyncLifetime
{
    public BoshTestCluster Cluster { get; private set; } = null!;

    public BoshTestNode A => Cluster.Nodes[0];

    public BoshTestNode B => Cluster.Nodes[1];

    public async Task InitializeAsync() => Cluster = await BoshTestCluster.StartAsync(2);

    public async Task DisposeAsync() => await Cluster.DisposeAsync();

    /// <summary>Options of a client that starts at <paramref name="node"/> and resolves the names of all nodes.</summary>
    public BoshClientOptions Client(BoshTestNode node) => ClientOf(Cluster, node);

    public static BoshClientOptions ClientOf(BoshTestCluster cluster, BoshTestNode node) => new()
    {
        Nodes = [node.Url],
        Domain = "localhost",
        Connections = new BoshConnectionOptions { Resolve = name => new IPEndPoint(cluster.Resolve(name.Host), name.Port) },
    };
}

[CollectionDefinition(nameof(TwoNodes))]
public class TwoNodesCollection : ICollectionFixture<TwoNodes>;
