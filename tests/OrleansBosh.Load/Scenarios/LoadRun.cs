using System.Collections.Concurrent;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Scenarios;

/// <summary>What the sessions of one run share: options, figures, the limit of parallel logins, and what went wrong.</summary>
internal sealed class LoadRun(LoadOptions options) : IDisposable
{
    private readonly SemaphoreSlim _logins = new(options.Parallel);
    private readonly Random _random = new(options.Seed);
    private readonly Lock _gate = new();

    public LoadOptions Options => options;

    public ClientMetrics Metrics { get; } = new();

    /// <summary>From the creation request to the bound resource.</summary>
    public LatencySamples LoginTimes { get; } = new();

    public ConcurrentQueue<string> Problems { get; } = new();

    /// <summary>A session's client, not yet open. Its first node is picked by its index, or at random.</summary>
    public BoshClient NewClient(int index) => new(new BoshClientOptions
    {
        Nodes = NodesFrom(index),
        Domain = options.Domain,
        Wait = options.Wait,
        FollowHost = options.FollowsHost,
        Seed = unchecked(options.Seed + index),
        Metrics = Metrics,
        RecoveryLimit = options.Timeout / 2, // so that the cause is reported, not just the time-out of the run
        CutShare = options.CutPercent / 100.0,
        Connections = new BoshConnectionOptions { Resolve = options.Resolve },
    });

    /// <summary>Logs in, together with at most so many others as the options allow.</summary>
    public async Task<string> LoginAsync(BoshClient client, int index, CancellationToken cancellation)
    {
        await _logins.WaitAsync(cancellation);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(options.Timeout);
            var user = $"{options.UserPrefix}{index}";
            if (options.Registers)
                await client.RegisterAsync(user, options.Password, limit.Token);
            var started = TimeProvider.System.GetTimestamp();
            var jid = await client.LoginAsync(new BoshLogin(options.Mechanism, user, options.Password), limit.Token);
            LoginTimes.Add(TimeProvider.System.GetElapsedTime(started));
            if (options.UsesWrongNode)
                client.Node = options.Urls[(options.Urls.IndexOf(client.Node) + 1) % options.Urls.Count];
            return jid;
        }
        finally
        {
            _logins.Release();
        }
    }

    /// <summary>Runs one session's part; what it throws is a problem of the run, not its end.</summary>
    public async Task GuardAsync(string who, Func<Task> part, CancellationToken cancellation)
    {
        try
        {
            await part();
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            Problems.Enqueue($"{who}: {(e is OperationCanceledException ? $"no progress within {options.Timeout}" : e.Message)}");
        }
    }

    public void Dispose() => _logins.Dispose();

    private List<Uri> NodesFrom(int index)
    {
        var first = index;
        if (options.PicksRandomly)
        {
            lock (_gate)
                first = _random.Next(options.Urls.Count);
        }

        return [.. Enumerable.Range(0, options.Urls.Count).Select(i => options.Urls[(first + i) % options.Urls.Count])];
    }
}
