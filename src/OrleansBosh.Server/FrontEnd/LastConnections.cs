using Microsoft.AspNetCore.Connections;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>
/// Cuts the connections that are still busy when the node's sessions have ended: a client that sends a request slowly, or does not read
/// its answer. Kestrel would wait for it until the whole stop runs out of time, and nothing would be left for the silo, which stops next
/// and still has to bring home what is on its way.
/// </summary>
internal sealed class LastConnections : IHostedLifecycleService, IDisposable
{
    /// <summary>For answers that are on their way.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _cut = new();

    /// <summary>Middleware of each connection, outside of TLS.</summary>
    public ConnectionDelegate Watch(ConnectionDelegate next) => async connection =>
    {
        await using var registration = _cut.Token.UnsafeRegister(static state => ((ConnectionContext)state!).Abort(), connection);
        await next(connection);
    };

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _cut.CancelAfter(Patience);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _cut.Dispose();
}
