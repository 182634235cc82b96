using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>Where a lane leads: to another user's grain or to a session.</summary>
/// <param name="User">Bare JID, or null for a session.</param>
/// <param name="Session">The session, where <paramref name="User"/> is null.</param>
internal readonly record struct LaneTarget(string? User, Guid Session)
{
    public static LaneTarget ToUser(string bareJid) => new(bareJid, default);

    public static LaneTarget ToSession(Guid session) => new(null, session);
}

/// <param name="Stanza">What is sent.</param>
/// <param name="Origin">Where it came from, if from a client's request.</param>
/// <param name="OfflineId">Its id in the offline store, if it still stands there; else 0.</param>
internal readonly record struct LaneItem(Stanza Stanza, StanzaOrigin Origin = default, long OfflineId = 0);

/// <summary>Makes the calls for <see cref="StanzaLanes"/>. It does not throw.</summary>
internal interface IStanzaCarrier
{
    /// <summary>Sends items, in order, and takes the time that the target needs.</summary>
    /// <returns>How many were sent. Fewer than all: the target is gone, and what the lane still has goes to <see cref="ReturnAsync"/>.</returns>
    Task<int> CarryAsync(LaneTarget target, IReadOnlyList<LaneItem> items);

    /// <summary>Takes back what could not be sent, in order.</summary>
    Task ReturnAsync(LaneTarget target, IReadOnlyList<LaneItem> items);

    /// <summary>Nothing waits or is on its way any more.</summary>
    void Idle();
}

/// <summary>
/// The way out of a user grain: one queue per target, each emptied in the background by one awaited call at a time, so that order is kept
/// per target and no target waits for another. It lives on the grain's scheduler and needs no lock.
/// </summary>
internal sealed class StanzaLanes(IStanzaCarrier carrier)
{
    /// <summary>Bounds of one lane. A session takes stanzas at once, so only a dead or stuck node lets a lane grow.</summary>
    public const int MaxItems = 10_000;
    public const int MaxBytes = 16 * 1024 * 1024;

    private const int SessionBatch = 64;

    private readonly Dictionary<LaneTarget, Lane> _lanes = [];
    private int _userLanes;
    private TaskCompletionSource? _drained;

    public bool IsIdle => _lanes.Count == 0;

    /// <summary>No stanza is on its way to another user.</summary>
    public bool AreUsersIdle => _userLanes == 0;

    /// <summary>Whether something waits or is on its way to this target.</summary>
    public bool IsBusy(LaneTarget target) => _lanes.ContainsKey(target);

    /// <returns>False when the lane is full; the caller refuses the stanza to its sender.</returns>
    public bool TryAdd(LaneTarget target, LaneItem item)
    {
        if (_lanes.TryGetValue(target, out var lane)) return lane.TryAdd(item);
        lane = new Lane();
        lane.TryAdd(item);
        _lanes.Add(target, lane);
        if (target.User is not null) _userLanes++;
        _ = PumpAsync(target, lane);
        return true;
    }

    /// <summary>Completes when nothing waits any more.</summary>
    public Task DrainAsync()
    {
        if (IsIdle) return Task.CompletedTask;
        _drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        return _drained.Task;
    }

    private async Task PumpAsync(LaneTarget target, Lane lane)
    {
        while (lane.Count > 0)
        {
            var items = lane.Take(target.User is null ? SessionBatch : 1);
            var sent = await carrier.CarryAsync(target, items);
            if (sent == items.Count) continue;
            items.RemoveRange(0, sent);
            items.AddRange(lane.Take(int.MaxValue));
            await carrier.ReturnAsync(target, items);
        }

        _lanes.Remove(target);
        if (target.User is not null) _userLanes--;
        if (!IsIdle) return;
        _drained?.SetResult();
        _drained = null;
        carrier.Idle();
    }

    private sealed class Lane
    {
        private readonly Queue<LaneItem> _queue = new();
        private long _bytes;

        public int Count => _queue.Count;

        public bool TryAdd(LaneItem item)
        {
            if (_queue.Count >= MaxItems || _bytes >= MaxBytes) return false;
            _bytes += item.Stanza.Bytes.Length;
            _queue.Enqueue(item);
            return true;
        }

        public List<LaneItem> Take(int most)
        {
            var items = new List<LaneItem>(Math.Min(most, _queue.Count));
            while (items.Count < most && _queue.TryDequeue(out var item))
            {
                _bytes -= item.Stanza.Bytes.Length;
                items.Add(item);
            }

            return items;
        }
    }
}
