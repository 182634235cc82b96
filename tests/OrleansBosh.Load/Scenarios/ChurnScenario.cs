using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Scenarios;

/// <summary>
/// People come and go. An operation: the session that has been here longest shows that it still lives and leaves, every other one without
/// a word, as closed laptops do; a new one logs in in its place. Those that left so stay with the server until it finds them inactive.
/// </summary>
internal sealed class ChurnScenario(LoadRun run) : IScenario
{
    private readonly List<Task> _watches = [];
    private readonly Lock _gate = new();
    private readonly Queue<BoshClient>[] _seats = [.. Enumerable.Range(0, Math.Min(run.Options.Parallel, run.Options.Sessions)).Select(_ => new Queue<BoshClient>())];
    private int _visits;

    /// <summary>Each has a part of the sessions.</summary>
    public int? Actors => _seats.Length;

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        await run.RegisterAsync(Enumerable.Range(0, _seats.Length).Select(run.UserName), cancellation);
        await run.ForEachAsync(Enumerable.Range(0, _seats.Length), async actor =>
        {
            for (var i = actor; i < run.Options.Sessions; i += _seats.Length) await ComeAsync(actor, cancellation);
        }, cancellation);
    }

    public async Task OperateAsync(int actor, CancellationToken cancellation)
    {
        await using var client = _seats[actor].Dequeue();
        await EchoScenario.PingAsync(run, client, cancellation);
        var visit = await ComeAsync(actor, cancellation);
        if (visit % 2 == 0) await run.CloseAsync(client, cancellation);
    }

    public async Task FinishAsync(CancellationToken cancellation)
    {
        await run.ForEachAsync(_seats, async seats =>
        {
            foreach (var client in seats) await run.CloseAsync(client, cancellation);
        }, cancellation);
        foreach (var watch in Watches()) await watch;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _seats.SelectMany(seats => seats)) await client.DisposeAsync();
        foreach (var watch in Watches()) await watch;
    }

    private async Task<int> ComeAsync(int actor, CancellationToken cancellation)
    {
        var visit = Interlocked.Increment(ref _visits);
        var client = run.NewClient(visit);
        _seats[actor].Enqueue(client);
        await run.LoginAsync(client, run.UserName(actor), cancellation);
        await client.SendAsync(StanzaXml.Presence(), cancellation);
        lock (_gate)
        {
            _watches.RemoveAll(watch => watch.IsCompleted);
            _watches.Add(run.WatchAsync(client, run.ExpectNothing));
        }

        return visit;
    }

    private Task[] Watches()
    {
        lock (_gate) return [.. _watches];
    }
}
