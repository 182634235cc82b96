using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Peers;

namespace OrleansBosh.Load.Bench;

/// <summary>A server of the comparison: how it is started.</summary>
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

    /// <summary>Accounts that log in.</summary>
    public const int Users = 10;

    /// <summary>Accounts in the roster of each of them.</summary>
    public const int Contacts = 50;

    private const string Password = "secret";

    /// <summary>What stands in the page: everything else is as shipped.</summary>
    public static readonly IReadOnlyDictionary<string, string> LiftedLimits = new Dictionary<string, string>
    {
        ["MaxSessions"] = "1000000",
        ["MaxSessionsPerAddress"] = "1000000",
        ["MaxCreationsPerMinute"] = "1000000",
        ["MaxRegistrationsPerHour"] = "1000000",
    };

    /// <summary>The other servers let guests in by their configuration; a cluster is no loopback trial.</summary>
    private static readonly Dictionary<string, string> ClusterSettings = new(LiftedLimits) { ["AllowAnonymous"] = "true" };

    public const string RelaxedGc = """gc = { mode = "incremental", threshold = 200, speed = 200 }""";

    /// <summary>The names that the load generator gives to users and contacts.</summary>
    private static IEnumerable<string> Accounts =>
        [.. Enumerable.Range(0, Users).Select(i => $"load{i}"), .. Enumerable.Range(0, Contacts).Select(i => $"loadc{i}")];

    /// <summary>It takes part in short runs.</summary>
    public bool IsQuick { get; private init; } = true;

    /// <summary>How it is to be warmed up: code that was never run is not what is to be measured.</summary>
    public IReadOnlyList<string> WarmUps { get; private init; } = ["echo --sessions 50", "chat --pairs 20", "login --sessions 10"];

    /// <param name="serverAssembly">Path of the published <c>OrleansBosh.Server.dll</c>.</param>
    public static IReadOnlyList<BenchServer> All(string serverAssembly) =>
    [
        new(OursName, cancellation => StartOursAsync(serverAssembly, cancellation)),
        new(EjabberdName, cancellation => StartPeerAsync("ejabberd", "", cancellation)),
        new(ProsodyName, cancellation => StartPeerAsync("prosody", RelaxedGc, cancellation)),
        new(PackagedProsodyName, cancellation => StartPeerAsync("prosody", "", cancellation)) { IsQuick = false },
        new(FloorName, async cancellation =>
        {
            var floor = await KestrelFloor.StartAsync(cancellation);
            return new(floor, [floor.Url], [floor.Id], "");
        }) { WarmUps = ["post --sessions 50"] },
        new(TwoNodesName, async cancellation =>
        {
            var cluster = await NodeCluster.StartAsync(new() { Count = 2, Settings = ClusterSettings, ServerAssembly = serverAssembly }, cancellation);
            return new(cluster, [.. cluster.Nodes.Select(node => node.BoshUrl)], [.. cluster.Nodes.Select(node => node.Id)], "");
        }) { WarmUps = ["echo --sessions 50", "echo --sessions 50 --wrong-node", "chat --pairs 20"] },
    ];

    public static async Task<RunningServer> StartOursAsync(string serverAssembly, CancellationToken cancellation)
    {
        var node = await NodeProcess.StartAsync(new() { ServerAssembly = serverAssembly, Settings = LiftedLimits }, cancellation);
        var server = new RunningServer(node, [node.BoshUrl], [node.Id], "localhost");
        try
        {
            foreach (var name in Accounts)
            {
                await using var client = new BoshClient(new BoshClientOptions { Nodes = server.Urls, Domain = server.AccountDomain });
                await client.RegisterAsync(name, Password, cancellation);
                await client.TerminateAsync(cancellation);
            }

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private static async Task<RunningServer> StartPeerAsync(string name, string further, CancellationToken cancellation)
    {
        var settings = new PeerSettings { Accounts = Accounts.ToDictionary(account => account, _ => Password), Further = further };
        var peer = await PeerProcess.StartAsync(Peer.Named(name), settings, cancellation);
        return new(peer, [peer.BoshUrl], [peer.Id], peer.Peer.AccountDomain);
    }
}

/// <summary>One that serves, until it is disposed of.</summary>
/// <param name="Process">Ends with it.</param>
/// <param name="Urls">Of its nodes.</param>
/// <param name="ProcessIds">Of its nodes.</param>
/// <param name="AccountDomain">Where accounts log in; empty: it has none.</param>
internal sealed record RunningServer(IAsyncDisposable Process, IReadOnlyList<Uri> Urls, IReadOnlyList<int> ProcessIds, string AccountDomain) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
