using OrleansBosh.Load.Peers;

namespace OrleansBosh.Load.Bench;

/// <summary>A server of the comparison: how it is started, afresh in every round.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Start">Starts it and waits until it serves.</param>
internal sealed record BenchServer(string Name, Func<CancellationToken, Task<RunningServer>> Start)
{
    public const string OursName = "OrleansBosh";
    public const string TwoNodesName = "OrleansBosh, two nodes";
    public const string EjabberdName = "ejabberd";
    public const string ProsodyName = "Prosody, relaxed GC";
    public const string PackagedProsodyName = "Prosody, as packaged";
    public const string FloorName = "bare Kestrel";

    /// <summary>What stands in the page: everything else is as shipped.</summary>
    public static readonly IReadOnlyDictionary<string, string> LiftedLimits = new Dictionary<string, string>
    {
        ["MaxSessions"] = "1000000",
        ["MaxSessionsPerAddress"] = "1000000",
        ["MaxCreationsPerMinute"] = "1000000",
    };

    /// <summary>The other servers let guests in by their configuration; a cluster is no loopback trial.</summary>
    private static readonly Dictionary<string, string> ClusterSettings = new(LiftedLimits) { ["AllowAnonymous"] = "true" };

    public const string RelaxedGc = """gc = { mode = "incremental", threshold = 200, speed = 200 }""";

    /// <param name="serverAssembly">Path of the published <c>OrleansBosh.Server.dll</c>.</param>
    public static IReadOnlyList<BenchServer> All(string serverAssembly) =>
    [
        new(OursName, async cancellation =>
        {
            var node = await NodeProcess.StartAsync(new() { ServerAssembly = serverAssembly, Settings = LiftedLimits }, cancellation);
            return new(node, [node.BoshUrl], [node.Id]);
        }),
        new(EjabberdName, cancellation => StartPeerAsync("ejabberd", new(), cancellation)),
        new(ProsodyName, cancellation => StartPeerAsync("prosody", new() { Further = RelaxedGc }, cancellation)),
        new(PackagedProsodyName, cancellation => StartPeerAsync("prosody", new(), cancellation)),
        new(FloorName, async cancellation =>
        {
            var floor = await KestrelFloor.StartAsync(cancellation);
            return new(floor, [floor.Url], [floor.Id]);
        }),
        new(TwoNodesName, async cancellation =>
        {
            var cluster = await NodeCluster.StartAsync(new() { Count = 2, Settings = ClusterSettings, ServerAssembly = serverAssembly }, cancellation);
            return new(cluster, [.. cluster.Nodes.Select(node => node.BoshUrl)], [.. cluster.Nodes.Select(node => node.Id)]);
        }),
    ];

    private static async Task<RunningServer> StartPeerAsync(string name, PeerSettings settings, CancellationToken cancellation)
    {
        var peer = await PeerProcess.StartAsync(Peer.Named(name), settings, cancellation);
        return new(peer, [peer.BoshUrl], [peer.Id]);
    }
}

/// <summary>One that serves, until it is disposed of.</summary>
internal sealed record RunningServer(IAsyncDisposable Process, IReadOnlyList<Uri> Urls, IReadOnlyList<int> ProcessIds) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
