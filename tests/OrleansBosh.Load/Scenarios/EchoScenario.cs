using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Scenarios;

/// <summary>An operation is a ping of the domain: one iq and its result.</summary>
internal sealed class EchoScenario(LoadRun run) : IScenario
{
    private readonly SessionPool _pool = new(run);
    private BoshClient[] _clients = [];

    public int? Actors => _clients.Length * run.Options.Window;

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        await _pool.OpenAsync([.. Enumerable.Range(0, run.Options.Sessions).Select(run.UserName)], (_, stanza) => run.ExpectNothing(stanza), cancellation);
        _clients = [.. _pool.Clients.Where(client => client.Jid is not null)];
    }

    public Task OperateAsync(int actor, CancellationToken cancellation) => PingAsync(run, _clients[actor % _clients.Length], cancellation);

    public Task FinishAsync(CancellationToken cancellation) => _pool.CloseAsync(cancellation);

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    /// <exception cref="BoshProtocolException">The domain refused the ping.</exception>
    public static async Task PingAsync(LoadRun run, BoshClient client, CancellationToken cancellation)
    {
        var reply = await client.IqAsync(StanzaXml.Ping(run.Options.Domain), cancellation).WaitAsync(run.Options.Timeout, cancellation);
        if (StanzaXml.ErrorCondition(reply) is { } condition)
            throw new BoshProtocolException($"The domain answered a ping with {condition}.");
    }
}
