using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansBosh.Cluster.Nodes;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>
/// Takes this node from the lists and ends its sessions before anything stops: Kestrel stops first and would wait for the requests that the sessions hold.
/// </summary>
internal sealed partial class SessionShutdown(INodeDirectory nodes, LocalSessions sessions, ILogger<SessionShutdown> logger) : IHostedLifecycleService
{
    /// <summary>Storing and bouncing takes milliseconds; a store that hangs must not keep the process.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // First, so that nobody whose session ends is sent back here.
        await nodes.LeaveAsync();
        try
        {
            await sessions.ShutDownAsync().WaitAsync(Patience, cancellationToken);
        }
        catch (Exception exception)
        {
            // The node stops all the same; the sessions that could not end in order are named by what failed.
            LogSessionsNotEnded(exception);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(110, LogLevel.Warning, "Not all sessions could be ended in order before the node stopped.", EventName = nameof(StoppingAsync))]
    private partial void LogSessionsNotEnded(Exception exception);
}
