using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Tells this silo's sessions and user grains that a silo has left: what lived there is gone, and who lives must say so again.
/// </summary>
internal sealed partial class SiloWatch(IClusterMembershipService membership, ILocalSiloDetails local, TimeProvider time, ILogger<SiloWatch> logger)
    : BackgroundService
{
    /// <summary>
    /// For this long after a silo has left, a user grain that comes to life does not trust what it does not know: its predecessor may have
    /// died with that silo, and sessions elsewhere are about to claim their resources. All silos learn of a death within moments; whoever
    /// claims later than this is served from the offline store.
    /// </summary>
    public static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(3);

    private const int MaxParallelReviews = 64;

    private readonly ConcurrentDictionary<IUserGrain, bool> _users = new();
    private readonly Lock _lock = new();
    private ClusterMembershipSnapshot _seen = membership.CurrentSnapshot;
    private DateTimeOffset _settlesAt = DateTimeOffset.MinValue;

    /// <summary>A silo has begun to leave, or has gone. Raised on no particular thread; handlers return at once.</summary>
    public event Action? SiloLeft;

    public SiloAddress LocalSilo => local.SiloAddress;

    /// <summary>When the time after the last departure of a silo is over; in the past if it is.</summary>
    public DateTimeOffset SettlesAt
    {
        get
        {
            // Not left to the loop alone: the grain that asks may be alive because of a death that the loop has not been told of yet.
            Observe(membership.CurrentSnapshot);
            lock (_lock) return _settlesAt;
        }
    }

    public bool IsSettling => time.GetUtcNow() < SettlesAt;

    public bool IsDead(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Dead;

    public bool IsActive(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active;

    /// <summary>This user grain, on this silo, has resources whose sessions are on others.</summary>
    public void Add(IUserGrain user) => _users[user] = true;

    public void Remove(IUserGrain user) => _users.TryRemove(user, out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var reviewed = _seen;
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
        {
            Observe(snapshot);
            var hasDied = HasLeft(reviewed, snapshot, SiloStatus.Dead);
            reviewed = snapshot;
            if (hasDied) await ReviewUsersAsync(stoppingToken);
        }
    }

    private void Observe(ClusterMembershipSnapshot snapshot)
    {
        lock (_lock)
        {
            if (snapshot.Version <= _seen.Version) return;
            // A silo that stops in order loses its grains before it is dead.
            var hasLeft = HasLeft(_seen, snapshot, SiloStatus.ShuttingDown, SiloStatus.Stopping, SiloStatus.Dead);
            _seen = snapshot;
            if (!hasLeft) return;
            _settlesAt = time.GetUtcNow() + SettlingTime;
        }

        SiloLeft?.Invoke();
    }

    private bool HasLeft(ClusterMembershipSnapshot before, ClusterMembershipSnapshot now, params SiloStatus[] statuses) =>
        now.CreateUpdate(before).Changes.Any(member => statuses.Contains(member.Status) && !member.SiloAddress.Equals(LocalSilo));

    private async Task ReviewUsersAsync(CancellationToken stopping)
    {
        await Parallel.ForEachAsync(
            _users.Keys,
            new ParallelOptions { MaxDegreeOfParallelism = MaxParallelReviews, CancellationToken = stopping },
            async (user, _) =>
            {
                try
                {
                    await user.Review();
                }
                catch (Exception exception)
                {
                    // Its silo is gone or stuck, or it has a bug: no reason to leave out the others. Its leases will tell it.
                    LogReviewFailed(exception);
                }
            });
    }

    [LoggerMessage(EventId = 341, Level = LogLevel.Information, Message = "A user grain could not be told of a silo's death")]
    private partial void LogReviewFailed(Exception exception);
}
