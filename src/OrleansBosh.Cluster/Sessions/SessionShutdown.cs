using Microsoft.Extensions.Hosting;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>
/// Ends this node's sessions before anything stops: Kestrel stops first and would wait for the requests that the sessions hold.
/// </summary>
internal sealed class SessionShutdown(LocalSessions sessions) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => sessions.ShutDownAsync();

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
