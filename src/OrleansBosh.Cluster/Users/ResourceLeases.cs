using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansBosh.Cluster.Embedded;
using OrleansBosh.Cluster.Sessions;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Keeps the resources of this silo's sessions registered: renews their leases now and then, and claims them again at once when a silo has
/// left, since the grain of the account may have died with it. After every change of the membership it looks once more: while the directory
/// of grains is handed over, an account may have got a second grain, which others reach and which knows nothing. It works beside the
/// sessions' grains, on immutable claims only.
/// </summary>
internal sealed partial class ResourceLeases : BackgroundService
{
    /// <summary>
    /// How long a resource lives without its session saying so. It is the last resort, for a session that vanished while its silo lives
    /// and whose goodbye did not arrive; a silo's death is noticed at once. Two renewals may fail before a living session loses it.
    /// </summary>
    public static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(10);

    /// <summary>One small call per session: a hundred thousand sessions cost the cluster 400 calls a second.</summary>
    public static readonly TimeSpan RenewalTime = TimeSpan.FromMinutes(4);

    /// <summary>When a renewal follows a change of the membership: late enough for the directory, and spread over all sessions.</summary>
    public static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(10);
    private const int MaxParallelCalls = 256;

    private readonly SiloWatch _watch;
    private readonly IGrainFactory _grains;
    private readonly DirectSessions _direct;
    private readonly TimeProvider _time;
    private readonly ILogger<ResourceLeases> _logger;
    private readonly ConcurrentDictionary<Guid, ResourceLease> _leases = new();

    public ResourceLeases(SiloWatch watch, IGrainFactory grains, DirectSessions direct, TimeProvider time, ILogger<ResourceLeases> logger)
    {
        _watch = watch;
        _grains = grains;
        _direct = direct;
        _time = time;
        _logger = logger;
        // All of them: who lives with its account's grain is known there, and that call does not leave the silo.
        _watch.SiloLeft += () => _ = Task.Run(() => RenewAsync(_leases.Values));
        _watch.SiloJoined += () => _ = Task.Run(RenewSoon);
    }

    public SiloAddress LocalSilo => _watch.LocalSilo;

    /// <summary>A session of this silo holds a resource from now on.</summary>
    /// <param name="binding">What it claims.</param>
    /// <param name="isNew">It has just been bound; otherwise it came from elsewhere and its account's grain does not know where it is.</param>
    public void Add(ClientBinding binding, bool isNew)
    {
        _leases[binding.SessionId] = new(binding, RenewOnceAsync) { Due = isNew ? NextRenewal() : _time.GetUtcNow() };
    }

    /// <summary>The session has left this silo. It holds its resource no longer, or somebody else speaks for it.</summary>
    /// <returns>Completes when no call is on its way any more that could bring the resource back.</returns>
    public Task RemoveAsync(ClientBinding binding) =>
        _leases.TryGetValue(binding.SessionId, out var lease) && lease.Binding == binding
            && _leases.TryRemove(new(binding.SessionId, lease))
                ? lease.EndAsync()
                : Task.CompletedTask;

    /// <summary>Tells the account's grain, which does not know it (any more), what this session has.</summary>
    /// <returns>The stream error with which the session has to end; null when the resource is its own.</returns>
    public async ValueTask<string?> ClaimAsync(ClientBinding binding)
    {
        _direct.Forget(binding.Jid);
        var reply = await GrainRetry.RunAsync(binding, static binding => binding.Account.Claim(binding.Claim));
        binding.Epoch = reply.Epoch;
        return reply.Refusal;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = _time.GetUtcNow();
            await RenewAsync(_leases.Values.Where(lease => lease.Due <= now));
        }
    }

    private static Task RenewAsync(IEnumerable<ResourceLease> leases) => Parallel.ForEachAsync(
        leases, new ParallelOptions { MaxDegreeOfParallelism = MaxParallelCalls }, async (lease, _) => await lease.RenewAsync());

    /// <summary>Does not throw.</summary>
    private async Task RenewOnceAsync(ResourceLease lease)
    {
        var binding = lease.Binding;
        try
        {
            var isKnown = await GrainRetry.RunAsync(binding, static binding => binding.Account.Renew(binding.SessionId, binding.Epoch));
            if (!isKnown && await ClaimAsync(binding) is { } refusal)
            {
                _leases.TryRemove(new(binding.SessionId, lease));
                await _grains.GetGrain<IClientSessionGrain>(binding.SessionId).CloseWith(refusal);
            }

            lease.Due = NextRenewal();
        }
        catch (Exception exception)
        {
            lease.Due = _time.GetUtcNow(); // tried again at the next tick
            LogRenewalFailed(exception);
        }
    }

    private void RenewSoon()
    {
        foreach (var lease in _leases.Values)
        {
            var next = NextRenewal();
            if (next < lease.Due) lease.Due = next;
        }
    }

    /// <summary>Spread, so that those who came together do not renew together.</summary>
    private DateTimeOffset NextRenewal()
    {
        var now = _time.GetUtcNow();
        return now < _watch.ChangedAt + (SecondLook / 3)
            ? now + (SecondLook * (0.4 + (0.6 * Random.Shared.NextDouble())))
            : now + (RenewalTime * (0.8 + (0.2 * Random.Shared.NextDouble())));
    }

    [LoggerMessage(EventId = 342, Level = LogLevel.Information, Message = "The lease of a resource could not be renewed; it will be tried again")]
    private partial void LogRenewalFailed(Exception exception);
}
