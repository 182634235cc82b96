using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Scenarios;

/// <summary>An operation is a visit: log in, send presence, log out. A guest (ANONYMOUS) needs seven requests.</summary>
internal sealed class LoginScenario(LoadRun run) : IScenario
{
    private int _visits;

    public int Actors => run.Options.Sessions;

    public Task PrepareAsync(CancellationToken cancellation) => run.RegisterAsync(Enumerable.Range(0, Actors).Select(run.UserName), cancellation);

    public async Task OperateAsync(int actor, CancellationToken cancellation)
    {
        await using var client = run.NewClient(Interlocked.Increment(ref _visits));
        await run.LoginAsync(client, run.UserName(actor), cancellation);
        var watch = run.WatchAsync(client, run.ExpectNothing);
        await client.SendAsync(StanzaXml.Presence(), cancellation);
        await run.CloseAsync(client, cancellation);
        await watch;
    }

    public Task FinishAsync(CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
