using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>Three nodes on PostgreSQL, for all tests that let them live.</summary>
[CollectionDefinition(nameof(SharedCluster))]
public sealed class SharedCluster : IAsyncLifetime, ICollectionFixture<SharedCluster>
{
    public const string Domain = "example.com";

    private NodeCluster? _nodes;

    /// <summary>Open to everybody, as nothing is by itself behind a proxy; all clients of a test have one address.</summary>
    public static IReadOnlyDictionary<string, string> OpenBehindProxy { get; } = new Dictionary<string, string>
    {
        ["Domain"] = Domain,
        ["AllowAnonymous"] = "true",
        ["AllowRegistration"] = "true",
        ["AllowPlainWithoutTls"] = "true",
        ["TrustedProxies"] = "127.0.0.0/8",
        ["MaxCreationsPerMinute"] = "100000",
    };

    public NodeCluster Nodes => _nodes!;

    /// <summary>What the nodes said so far.</summary>
    public string Output => string.Join('\n', Nodes.Nodes.Select(node => $"{node.Url}\n{node.Output}"));

    public static BoshClientOptions ClientOf(SampleProxy proxy) => new() { Nodes = [proxy.BoshUrl], Domain = Domain };

    public async Task InitializeAsync() => _nodes = await NodeCluster.StartAsync(new() { Settings = OpenBehindProxy });

    public async Task DisposeAsync()
    {
        if (_nodes is not null) await _nodes.DisposeAsync();
    }
}
