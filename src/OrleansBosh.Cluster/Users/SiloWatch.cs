using System.Collections.Concurrent;
using System.Threading.Channels;
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

    /// <summary>Of reviews, and of the questions to other accounts that these lead to: all begin at one moment.</summary>
    private const int MaxParallelCalls = 64;

    private readonly ConcurrentDictionary<IUserGrain, bool> _users = new();
    private readonly SemaphoreSlim _questions = new(MaxParallelCalls);

    /// <summary>One that waits covers all deaths up to the moment when it begins.</summary>
    private readonly Channel<bool> _reviews = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private ClusterMembershipSnapshot _seen = membership.CurrentSnapshot;
    private DateTimeOffset _settlesAt = DateTimeOffset.MinValue;
    private DateTimeOffset _changedAt = DateTimeOffset.MinValue;

    /// <summary>A silo has begun to leave, or has gone. Raised on no particular thread; handlers return at once.</summary>
    public event Action? SiloLeft;

    /// <summary>A silo has joined. Raised like <see cref="SiloLeft"/>.</summary>
    public event Action? SiloJoined;

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

    /// <summary>When a silo has joined or left for the last time.</summary>
    public DateTimeOffset ChangedAt
    {
        get
        {
            lock (_lock) return _changedAt;
        }
    }

    public bool IsSettling => time.GetUtcNow() < SettlesAt;

    public bool IsDead(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Dead;

    public bool IsActive(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active;

    /// <summary>This user grain, on this silo, has resources whose sessions are on others.</summary>
    public void Add(IUserGrain user) => _users[user] = true;

    public void Remove(IUserGrain user) => _users.TryRemove(user, out _);

    /// <summary>Asks another account's grain something that many may want to ask at this moment, when there is room.</summary>
    public async ValueTask<T> AskAsync<T>(Func<ValueTask<T>> question)
    {
        await _questions.WaitAsync();
        try
        {
            return await question();
        }
        finally
        {
            _questions.Release();
        }
    }

    /// <summary>Reviews take their time, and the next change must not wait for them: sessions wait for its announcement.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(WatchAsync(stoppingToken), ReviewAsync(stoppingToken));

    private async Task WatchAsync(CancellationToken stoppingToken)
    {
        var reviewed = _seen;
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
            {
                Observe(snapshot);
                var hasDied = HasBecome(reviewed, snapshot, SiloStatus.Dead);
                reviewed = snapshot;
                if (hasDied) _reviews.Writer.TryWrite(true);
            }
        }
        finally
        {
            _reviews.Writer.TryComplete(); // or a failure here would be heard of only when the silo stops
        }
    }

    private async Task ReviewAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in _reviews.Reader.ReadAllAsync(stoppingToken)) await ReviewUsersAsync(stoppingToken);
    }

    private void Observe(ClusterMembershipSnapshot snapshot)
    {
        bool hasLeft, hasJoined;
        lock (_lock)
        {
            if (snapshot.Version <= _seen.Version) return;
            // A silo that stops in order loses its grains before it is dead.
            hasLeft = HasBecome(_seen, snapshot, SiloStatus.ShuttingDown, SiloStatus.Stopping, SiloStatus.Dead);
            hasJoined = HasBecome(_seen, snapshot, SiloStatus.Active);
            _seen = snapshot;
            if (hasLeft || hasJoined) _changedAt = time.GetUtcNow();
            if (hasLeft) _settlesAt = _changedAt + SettlingTime;
        }

        if (hasLeft) SiloLeft?.Invoke();
        else if (hasJoined) SiloJoined?.Invoke();
    }

    private bool HasBecome(ClusterMembershipSnapshot before, ClusterMembershipSnapshot now, params SiloStatus[] statuses) =>
        now.CreateUpdate(before).Changes.Any(member => statuses.Contains(member.Status) && !member.SiloAddress.Equals(LocalSilo));

    private async Task ReviewUsersAsync(CancellationToken stopping)
    {
        await Parallel.ForEachAsync(
            _users.Keys,
            new ParallelOptions { MaxDegreeOfParallelism = MaxParallelCalls, CancellationToken = stopping },
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
