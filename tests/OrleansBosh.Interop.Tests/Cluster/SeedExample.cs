using System.Net;
using System.Text.Json;
using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>
/// Two nodes over https, t1.example.com and t2.example.com, with one certificate for both, and a browser that knows them: two machines as
/// a public cluster has them, on one.
/// </summary>
public sealed class SeedExample : IAsyncLifetime
{
    public const string Domain = "example.com";

    private const int UsualPort = 5280;

    private static readonly Dictionary<string, string> Addresses = new() { ["t1.example.com"] = "127.0.0.1", ["t2.example.com"] = "127.0.0.2" };

    private readonly TestAuthority _authority = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleans-bosh-seed-");
    private NodeCluster? _cluster;
    private Chromium? _browser;

    /// <summary>5280, unless another program has it.</summary>
    public int Port { get; private set; }

    /// <summary>The names of the nodes.</summary>
    public static IReadOnlyCollection<string> Hosts => Addresses.Keys;

    public async Task InitializeAsync()
    {
        Port = LoopbackPorts.FindObstacle(Hosts.Count, UsualPort) is null ? UsualPort : LoopbackPorts.FindFree(Hosts.Count);
        var certificate = Path.Combine(_folder.FullName, "nodes.pem");
        await File.WriteAllTextAsync(certificate, _authority.Issue([.. Addresses.Keys, .. Addresses.Values]));
        _cluster = await NodeCluster.StartAsync(new()
        {
            Count = Hosts.Count,
            Port = Port,
            Authority = _authority,
            Settings = new Dictionary<string, string> { ["Domain"] = Domain, ["CertificateFile"] = certificate, ["AllowRegistration"] = "true" },
            NodeSettings = number => new Dictionary<string, string> { ["PublicUrl"] = BoshUrlOf(Hosts.ElementAt(number - 1)).AbsoluteUri },
        });
        _browser = await Chromium.StartAsync(_authority, Addresses);
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        if (_cluster is not null) await _cluster.DisposeAsync();
        _folder.Delete(recursive: true);
        _authority.Dispose();
    }

    /// <summary>Makes an account as an operator does.</summary>
    public Task AddUserAsync(string name, string password) => _cluster!.RunCommandAsync("user", "add", name, password);

    /// <summary>Starts again what an earlier test has ended.</summary>
    public async Task RepairAsync()
    {
        for (var number = 1; number <= Hosts.Count; number++)
        {
            if (_cluster!.Nodes[number - 1].HasExited) await _cluster.StartNodeAsync(number);
        }
    }

    public Uri BoshUrlOf(string host) => new($"https://{host}:{Port}/http-bind");

    public NodeProcess NodeOf(string host) => _cluster!.Nodes.Single(node => node.Url.Host == Addresses[host]);

    /// <summary>A window, still empty, for the chat page of a node.</summary>
    public Task<Visitor> OpenAsync(string host) => _browser!.OpenAsync(new(BoshUrlOf(host), "/"), Hosts.Select(BoshUrlOf));

    /// <summary>A client that is not a browser, at one node.</summary>
    public BoshClientOptions ClientAt(string host) => new()
    {
        Nodes = [BoshUrlOf(host)],
        Domain = Domain,
        FollowHost = true,
        Connections = new()
        {
            CertificateCheck = _authority.Accepts,
            Resolve = named => new IPEndPoint(IPAddress.Parse(Addresses[named.Host]), named.Port),
        },
    };

    /// <summary>Asks a node for its list until another one is no longer on it.</summary>
    public async Task WaitUntilGoneAsync(string host, string asked, TimeSpan limit)
    {
        using var http = _authority.CreateHttpClient();
        var list = new Uri(NodeOf(asked).Url, "nodes");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var patience = new CancellationTokenSource(limit);
        while (Lists(await http.GetStringAsync(list, patience.Token), host)) await timer.WaitForNextTickAsync(patience.Token);
    }

    private static bool Lists(string json, string host)
    {
        using var list = JsonDocument.Parse(json);
        return list.RootElement.GetProperty("nodes").EnumerateArray().Any(node => node.GetProperty("host").GetString() == host);
    }
}

/// <summary>Not beside other tests: the port is the usual one, and what is measured is how soon a page is back.</summary>
[CollectionDefinition(nameof(SeedExample), DisableParallelization = true)]
public class SeedExampleCollection : ICollectionFixture<SeedExample>;
