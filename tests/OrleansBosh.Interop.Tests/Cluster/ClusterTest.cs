using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>A test on <see cref="ThreeNodes"/>: begins with three nodes that serve and know each other, and drops its clients at the end.</summary>
[Collection(nameof(ThreeNodes))]
public abstract class ClusterTest(ThreeNodes nodes, ITestOutputHelper output) : IAsyncLifetime
{
    internal const string Domain = "example.com";

    /// <summary>What the design allows a failure to take is printed; this is what a starved machine may make of it.</summary>
    protected static readonly TimeSpan Generous = TimeSpan.FromSeconds(15);

    private const int ParallelLogins = 16;

    private readonly ConcurrentBag<IAsyncDisposable> _clients = [];
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(10));
    private readonly HttpClient _http = new();

    /// <summary>CLUSTER_LOAD=full: large and strict. Otherwise a form that a busy machine with two cores can run often.</summary>
    internal static bool IsFull { get; } = Environment.GetEnvironmentVariable("CLUSTER_LOAD") == "full";

    private protected ThreeNodes Nodes => nodes;

    protected ITestOutputHelper Output => output;

    /// <summary>Ends everything that has lost its way.</summary>
    protected CancellationToken Limit => _limit.Token;

    public async Task InitializeAsync()
    {
        await nodes.RepairAsync();
        for (var number = 1; number <= ThreeNodes.Count; number++) await ListedAsync(number, nodes.Urls.Select(url => url.Host));
    }

    public virtual async Task DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
        _http.Dispose();
        _limit.Dispose();
    }

    protected void Report(string line) => output.WriteLine(line);

    protected static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F2} s");

    /// <summary>A client that starts at this node and knows the others.</summary>
    private protected BoshClientOptions Client(int number) => ChatLoad.Client(nodes.Urls, number - 1);

    /// <summary>A client that knows a balancer only.</summary>
    private protected static BoshClientOptions Client(SampleProxy proxy) => ChatLoad.Client([proxy.BoshUrl], 0);

    private protected ScriptedSession NewSession(int number)
    {
        var session = new ScriptedSession(Client(number));
        _clients.Add(session);
        return session;
    }

    /// <summary>Logged in and available; a guest if nobody else is named.</summary>
    private protected async Task<BoshClient> LoginAsync(BoshClientOptions options, BoshLogin? login = null)
    {
        var client = new BoshClient(options);
        _clients.Add(client);
        await client.LoginAsync(login ?? BoshLogin.Anonymous(), Limit);
        await client.SendAsync(StanzaXml.Presence(), Limit);
        return client;
    }

    /// <summary>Guests in pairs; the two of a pair are at different nodes.</summary>
    private protected async Task<(BoshClient First, BoshClient Second)[]> LoginPairsAsync(int count, params int[] numbers)
    {
        var pairs = new (BoshClient, BoshClient)[count];
        await ForEachAsync(Enumerable.Range(0, count), async index =>
            pairs[index] = (await LoginAsync(Client(numbers[index % numbers.Length])), await LoginAsync(Client(numbers[(index + 1) % numbers.Length]))));
        return pairs;
    }

    protected Task ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> action) => Parallel.ForEachAsync(
        items,
        new ParallelOptions { MaxDegreeOfParallelism = ParallelLogins, CancellationToken = Limit },
        async (item, _) => await action(item));

    /// <summary>Waits until the node's list holds exactly these hosts, and returns how long that took.</summary>
    protected async Task<TimeSpan> ListedAsync(int number, IEnumerable<string> hosts)
    {
        var expected = hosts.Order(StringComparer.Ordinal).ToArray();
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var listed = await ListAsync(number);
            if (listed.SequenceEqual(expected)) return Stopwatch.GetElapsedTime(started);
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(1))
                Assert.Fail($"Node {number} lists {string.Join(' ', listed)} instead of {string.Join(' ', expected)}.\n{Tail(nodes[number].Output)}");
            await timer.WaitForNextTickAsync(Limit);
        }
    }

    protected async Task<string[]> ListAsync(int number)
    {
        var list = await _http.GetFromJsonAsync<NodeList>(new Uri(nodes[number].Url, "nodes"), Limit);
        return [.. list!.Nodes.Select(node => node.Host).Order(StringComparer.Ordinal)];
    }

    private static string Tail(string log) => log[Math.Max(0, log.Length - 4000)..];

    private sealed record NodeList(Node[] Nodes);

    private sealed record Node(string Host, Uri Url);
}
