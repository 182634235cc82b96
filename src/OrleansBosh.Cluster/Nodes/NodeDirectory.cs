using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansBosh.Cluster.Sessions;

namespace OrleansBosh.Cluster.Nodes;

/// <summary>
/// The nodes that serve clients now, with the URLs by which clients reach them. Who lives is the membership's word; what a living silo's
/// front end does, and its public URL, it is asked once, and again until it serves. A node that stops says so itself, before it does.
/// </summary>
/// <remarks>Its times are the network's, like those of the membership, and so never a test's fake clock.</remarks>
internal sealed partial class NodeDirectory(
    IClusterMembershipService membership,
    ILocalSiloDetails local,
    BoshNodeSettings settings,
    Lazy<NodeServiceClient> nodes,
    ILogger<NodeDirectory> logger) : BackgroundService, IHostedLifecycleService, INodeDirectory
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(250);

    /// <summary>A node that does not hear the good-bye in this time finds out by the membership.</summary>
    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<SiloAddress, NodeState?> _others = new();
    private volatile NodePhase _phase = NodePhase.Starting;

    public bool IsServing => _phase == NodePhase.Serving && StatusOf(local.SiloAddress) == SiloStatus.Active;

    public NodeState OwnState => new(_phase, settings.PublicUrl);

    public IReadOnlyList<Uri> Serving
    {
        get
        {
            var urls = _others
                .Where(other => other.Value is { Phase: NodePhase.Serving } && StatusOf(other.Key) == SiloStatus.Active)
                .Select(other => other.Value!.PublicUrl);
            return [.. (IsServing ? urls.Append(settings.PublicUrl) : urls).OfType<Uri>().Distinct()];
        }
    }

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken)
    {
        // Everything has started, the web server included.
        _phase = NodePhase.Serving;
        return Task.CompletedTask;
    }

    Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task LeaveAsync()
    {
        _phase = NodePhase.Leaving;
        var others = _others.Keys.Where(silo => StatusOf(silo) == SiloStatus.Active);
        await Task.WhenAll(others.Select(SayGoodbyeAsync));

        async Task SayGoodbyeAsync(SiloAddress silo)
        {
            try
            {
                await nodes.Value.On(silo).Leave(local.SiloAddress).AsTask().WaitAsync(GoodbyeLimit);
            }
            catch (Exception exception)
            {
                // It is dying or unreachable: the membership tells it soon.
                LogGoodbyeUnheard(exception, silo);
            }
        }
    }

    /// <summary>A node has said that it leaves.</summary>
    public void Forget(SiloAddress silo) => _others[silo] = new(NodePhase.Leaving, null);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
            {
                foreach (var silo in _others.Keys)
                {
                    if (snapshot.GetSiloStatus(silo).IsTerminating()) _others.TryRemove(silo, out _);
                }

                foreach (var member in snapshot.Members.Values)
                {
                    if (member.Status != SiloStatus.Active || member.SiloAddress.Equals(local.SiloAddress)) continue;
                    if (_others.TryAdd(member.SiloAddress, null)) _ = LearnAsync(member.SiloAddress, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    /// <summary>Asks a new silo until it serves, leaves or dies. It starts up for moments only, so this is no polling for long.</summary>
    private async Task LearnAsync(SiloAddress silo, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested && _others.TryGetValue(silo, out var known) && known is not { Phase: NodePhase.Leaving })
        {
            try
            {
                var state = await nodes.Value.On(silo).GetState();
                // A good-bye that came meanwhile is newer than this answer.
                if (!_others.TryUpdate(silo, state, known) || state.Phase != NodePhase.Starting)
                {
                    if (state.PublicUrl is not null) CheckAlike(silo, state.PublicUrl);
                    return;
                }
            }
            catch (Exception exception)
            {
                // Not up yet or already gone; the membership ends the loop in the latter case.
                LogNodeSilent(exception, silo);
            }

            await Task.Delay(AskAgainAfter, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary><c>host</c> carries only a name, so a client takes scheme, port and path from the URL that it has.</summary>
    private void CheckAlike(SiloAddress silo, Uri theirs)
    {
        if (settings.PublicUrl is not { } ours) return;
        if (ours == theirs && !settings.SendNodeHostname) return; // that of their balancer: nobody is sent to a node
        if (ours.Host == theirs.Host) LogSamePublicUrl(theirs, silo);
        else if (ours.Scheme != theirs.Scheme || ours.Port != theirs.Port || ours.AbsolutePath != theirs.AbsolutePath) LogNodesDiffer(ours, theirs);
    }

    private SiloStatus StatusOf(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo);

    [LoggerMessage(120, LogLevel.Error, "This node's public URL is {ours}, another node's is {theirs}: scheme, port and path must be the same on every node, or clients that follow the host attribute end up nowhere. Correct Bosh:PublicUrl.", EventName = nameof(CheckAlike))]
    private partial void LogNodesDiffer(Uri ours, Uri theirs);

    [LoggerMessage(121, LogLevel.Error, "The node at {silo} has this node's public host, {theirs}: each node needs one of its own, unless all have the URL of a balancer and Bosh:SendNodeHostname is false. Correct Bosh:PublicUrl.", EventName = nameof(LogSamePublicUrl))]
    private partial void LogSamePublicUrl(Uri theirs, SiloAddress silo);

    [LoggerMessage(122, LogLevel.Debug, "The node at {silo} does not answer yet.", EventName = nameof(LearnAsync))]
    private partial void LogNodeSilent(Exception exception, SiloAddress silo);

    [LoggerMessage(123, LogLevel.Information, "The node at {silo} did not hear that this one leaves.", EventName = nameof(LeaveAsync))]
    private partial void LogGoodbyeUnheard(Exception exception, SiloAddress silo);
}
