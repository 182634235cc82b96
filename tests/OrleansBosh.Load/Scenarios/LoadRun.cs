using System.Collections.Concurrent;
using System.Diagnostics;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Scenarios;

/// <summary>What the sessions of one run share: options, figures, and what went wrong.</summary>
internal sealed class LoadRun(LoadOptions options)
{
    /// <summary>Strophe waits for 100 ms.</summary>
    private static readonly TimeSpan EmptyRequestDelay = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Two requests of one moment on two connections may be read in either order. The standard lets a server put them right, but ejabberd
    /// (23.01) looks at the second one only when the first is answered, which takes as long as <c>wait</c>. Nothing tells a client that an
    /// empty request has arrived, so time has to do.
    /// </summary>
    private static readonly TimeSpan EmptyRequestLead = TimeSpan.FromMilliseconds(100);

    private readonly Random _random = new(options.Seed);
    private readonly Lock _gate = new();

    public LoadOptions Options => options;

    public ClientMetrics Metrics { get; } = new();

    /// <summary>From the creation request to the bound resource.</summary>
    public LatencySamples LoginTimes { get; } = new();

    public Verification Checks { get; } = new();

    /// <summary>Why operations failed and sessions were lost.</summary>
    public ConcurrentQueue<string> Problems { get; } = new();

#pragma warning disable CA5359 // Somebody asked for it: a server under test mostly has a certificate that nobody vouches for.
    public BoshConnectionOptions Connections { get; } = new()
    {
        Resolve = options.Resolve,
        CertificateCheck = options.AcceptsAnyCertificate ? (_, _, _, _) => true : null,
    };
#pragma warning restore CA5359

    /// <summary>A session's client, not yet open. Its first node is picked by its index, or at random.</summary>
    public BoshClient NewClient(int index) => new(new BoshClientOptions
    {
        Nodes = NodesFrom(index),
        Domain = options.Domain,
        Wait = options.Wait,
        FollowHost = options.FollowsHost,
        Seed = unchecked(options.Seed + index),
        Metrics = Metrics,
        MaxConnections = options.Connections,
        EmptyRequestDelay = EmptyRequestDelay,
        EmptyRequestLead = EmptyRequestLead,
        RecoveryLimit = options.Timeout / 2, // so that the cause is reported, not just the time-out of the run
        CutShare = options.CutPercent / 100.0,
        Connections = Connections,
    });

    /// <summary>The account of a session; not used by guests.</summary>
    public string UserName(int index) => $"{options.UserPrefix}{index}";

    /// <summary>Creates accounts, where the options ask for it.</summary>
    public async Task RegisterAsync(IEnumerable<string> users, CancellationToken cancellation)
    {
        if (!options.Registers) return;
        await ForEachAsync(users.Index(), async item =>
        {
            await using var client = NewClient(item.Index);
            using var limit = Limit(cancellation);
            await client.RegisterAsync(item.Item, options.Password, limit.Token);
            await client.TerminateAsync(limit.Token);
        }, cancellation);
    }

    /// <summary>Opens the session, goes to a wrong node where the options ask for it, and logs in.</summary>
    public async Task LoginAsync(BoshClient client, string user, CancellationToken cancellation)
    {
        using var limit = Limit(cancellation);
        var started = Stopwatch.GetTimestamp();
        await client.OpenAsync(limit.Token);
        if (options.UsesWrongNode)
            client.Node = options.Urls[(options.Urls.IndexOf(client.Node) + 1) % options.Urls.Count];
        await client.LoginAsync(new BoshLogin(options.Mechanism, user, options.Password), limit.Token);
        LoginTimes.AddSince(started);
    }

    /// <summary>Hands a session's stanzas out until it ends; an end that its client did not want is a lost session.</summary>
    public async Task WatchAsync(BoshClient client, Action<XElement> receive)
    {
        try
        {
            await foreach (var stanza in client.Stanzas.ReadAllAsync())
                receive(stanza);
        }
        catch (Exception e) when (e is IOException or BoshTerminatedException or OperationCanceledException)
        {
            // The session's end, which says the same.
        }

        if (await client.Completion is not { Kind: BoshEndKind.Terminated or BoshEndKind.Failed } end) return;
        Checks.AddLostSession();
        Problems.Enqueue($"session {client.Jid}: {end.ToException()!.Message}");
    }

    /// <summary>Does something for many sessions, as many at the same time as the options allow. A failure is counted, and ends only its own part.</summary>
    public Task ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> part, CancellationToken cancellation) => Parallel.ForEachAsync(
        items,
        new ParallelOptions { MaxDegreeOfParallelism = options.Parallel, CancellationToken = cancellation },
        async (item, token) => await TryAsync(() => part(item), token));

    /// <summary>False: it failed, which is counted.</summary>
    public async Task<bool> TryAsync(Func<Task> part, CancellationToken cancellation)
    {
        try
        {
            await part();
            return true;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            Checks.AddFailed();
            Problems.Enqueue(e is OperationCanceledException or TimeoutException ? $"no progress within {options.Timeout}" : e.Message);
            return false;
        }
    }

    /// <summary>Counts what a session receives although nobody sent it or asked for it.</summary>
    public void ExpectNothing(XElement stanza)
    {
        if (stanza.Name.LocalName == "message" || stanza is { Name.LocalName: "iq" } && stanza.Attribute("type")?.Value is "result" or "error")
            Checks.AddForeign();
    }

    /// <summary>Ends a session politely.</summary>
    public Task CloseAsync(BoshClient client, CancellationToken cancellation) => client.TerminateAsync(cancellation).WaitAsync(options.Timeout, cancellation);

    private CancellationTokenSource Limit(CancellationToken cancellation)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.Timeout);
        return limit;
    }

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
