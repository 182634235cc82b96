namespace OrleansBosh.Load.Bench;

/// <summary>
/// The servers of a run: each is started and warmed up when it is first needed and stays, so that every round finds it in the same state; one
/// that failed is started afresh.
/// </summary>
internal sealed class BenchFleet(BenchOptions options) : IAsyncDisposable
{
    private const int MaxFailedStarts = 2;

    /// <summary>For each kind of work.</summary>
    private readonly int _warmupSeconds = options.IsQuick ? 2 : 5;

    private readonly Dictionary<string, RunningServer> _running = [];
    private readonly Dictionary<string, int> _failedStarts = [];

    public IReadOnlyList<BenchServer> Servers { get; } = BenchServer.All(options.ServerAssembly);

    /// <exception cref="BenchException">It does not start.</exception>
    public async Task<RunningServer> GetAsync(BenchServer server, CancellationToken cancellation)
    {
        if (_running.TryGetValue(server.Name, out var running)) return running;
        running = await StartAsync(server, cancellation);
        return _running[server.Name] = running;
    }

    /// <summary>One more, which the caller ends.</summary>
    /// <exception cref="BenchException">It does not start.</exception>
    public async Task<RunningServer> StartAsync(BenchServer server, CancellationToken cancellation)
    {
        if (_failedStarts.GetValueOrDefault(server.Name) == MaxFailedStarts) throw new BenchException("it did not start before");
        RunningServer running;
        try
        {
            running = await server.Start(cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Whatever it was: the other servers are measured all the same.
            _failedStarts[server.Name] = _failedStarts.GetValueOrDefault(server.Name) + 1;
            throw new BenchException($"it did not start: {e.Message}", e);
        }

        try
        {
            foreach (var arguments in server.WarmUps) await BenchMeasurement.RunAsync(running, $"{arguments} --duration {_warmupSeconds}", cancellation);
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it; the next to ask gets a fresh one.</summary>
    public async Task DropAsync(BenchServer server)
    {
        if (_running.Remove(server.Name, out var running)) await running.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var running in _running.Values) await running.DisposeAsync();
    }
}
