using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Scenarios;

/// <summary>An operation is a visit: log in, become available, log out. A guest (ANONYMOUS) needs seven requests on two connections.</summary>
internal sealed class LoginScenario(LoadRun run) : IScenario
{
    private int _visits;

    public int? Actors => run.Options.Sessions;

    public Task PrepareAsync(CancellationToken cancellation) => run.RegisterAsync(Enumerable.Range(0, run.Options.Sessions).Select(run.UserName), cancellation);

    public async Task OperateAsync(int actor, CancellationToken cancellation)
    {
        await using var client = run.NewClient(Interlocked.Increment(ref _visits));
        await run.LoginAsync(client, run.UserName(actor), cancellation);
        var isAvailable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watch = run.WatchAsync(client, stanza =>
        {
            run.ExpectNothing(stanza);
            // RFC 6121 §4.2.2: the server sends a presence to the sender's own resources as well.
            if (stanza.Name.LocalName == "presence" && stanza.Attribute("from")?.Value == client.Jid) isAvailable.TrySetResult();
        });
        await client.SendAsync(StanzaXml.Presence(), cancellation);
        await isAvailable.Task.WaitAsync(run.Options.Timeout, cancellation);
        await run.CloseAsync(client, cancellation);
        await watch;
    }

    public Task FinishAsync(CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
