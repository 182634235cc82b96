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
    /// <summary>Sends items, in order, as far as the target has room for them.</summary>
    /// <returns>How many were sent; null when the target is gone: what the lane has goes to <see cref="ReturnAsync"/>.</returns>
    Task<int?> CarryAsync(LaneTarget target, IReadOnlyList<LaneItem> items);

    /// <summary>
    /// What follows from the first items having been sent. It is begun before anybody hears that they were, and the next call of the lane
    /// waits for it; whoever closes the lane does not.
    /// </summary>
    Task SentAsync(IReadOnlyList<LaneItem> items, int sent);

    /// <summary>Takes back what could not be sent, in order.</summary>
    Task ReturnAsync(LaneTarget target, IReadOnlyList<LaneItem> items);

    /// <summary>The target has not got at once what it was sent: what is sent from now on waits behind that.</summary>
    void Waits(LaneTarget target);

    /// <summary>Nothing waits or is on its way any more.</summary>
    void Idle();
}

/// <summary>
/// The way out of a user grain: one queue per target, each emptied in the background by one awaited call at a time, so that order is kept
/// per target and no target waits for another. It lives on the grain's scheduler and needs no lock. A session of the same silo is reached
/// without a call: then the lane is empty again when <see cref="TryAdd"/> returns.
/// </summary>
internal sealed class StanzaLanes(IStanzaCarrier carrier)
{
    /// <summary>Bounds of one lane. A session takes stanzas at once, so only a dead or stuck node lets a lane grow.</summary>
    public const int MaxItems = 10_000;
    public const int MaxBytes = 16 * 1024 * 1024;

    private const int SessionBatch = 64;
    private static readonly TimeSpan FirstWaitForRoom = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWaitForRoom = TimeSpan.FromSeconds(2);

    private readonly Dictionary<LaneTarget, Lane> _lanes = [];
    private int _userLanes;
    private TaskCompletionSource? _drained;

    public bool IsIdle => _lanes.Count == 0;

    /// <summary>The stanzas that wait or are on their way.</summary>
    public int Count => _lanes.Values.Sum(lane => lane.Count);

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
        if (IsBusy(target)) carrier.Waits(target);
        return true;
    }

    /// <summary>
    /// Takes back what the target has not got, in order. The lane must get nothing new meanwhile. Nobody hears of it by
    /// <see cref="IStanzaCarrier.Idle"/>, since whoever closes a lane is not done yet.
    /// </summary>
    /// <returns>Null when the call under way takes longer than <paramref name="patience"/>: the lane goes on, and ends by itself.</returns>
    public async ValueTask<IReadOnlyList<LaneItem>?> CloseAsync(LaneTarget target, TimeSpan patience)
    {
        if (!_lanes.TryGetValue(target, out var lane)) return [];
        lane.IsClosed = true;
        if (!lane.Call.IsCompleted)
        {
            await Task.WhenAny(lane.Call, Task.Delay(patience));
            if (!lane.Call.IsCompleted)
            {
                lane.IsClosed = false;
                return null;
            }
        }

        Remove(target);
        return lane.TakeAll();
    }

    /// <summary>Completes when the calls that are under way now have returned.</summary>
    public Task WhenCallsReturnAsync() => Task.WhenAll(_lanes.Values.Select(lane => lane.Call));

    /// <summary>
    /// Takes back what sessions have not got and no call is about to give them, per session and in order. What is under way goes on.
    /// </summary>
    public IReadOnlyList<(Guid Session, IReadOnlyList<LaneItem> Items)> TakeUnsent()
    {
        var unsent = new List<(Guid, IReadOnlyList<LaneItem>)>();
        foreach (var (target, lane) in _lanes.ToArray())
        {
            if (target.User is not null) continue;
            if (lane.Call.IsCompleted)
            {
                lane.IsClosed = true;
                Remove(target);
            }

            unsent.Add((target.Session, lane.TakeUnsent()));
        }

        return unsent;
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
        var wait = FirstWaitForRoom;
        while (lane.Count > 0 && !lane.IsClosed)
        {
            var items = lane.Peek(target.User is null ? SessionBatch : 1);
            lane.Sending = items.Length;
            var call = CarryAsync(target, lane, items);
            lane.Call = call;
            var (sent, aftermath) = await call;
            await aftermath;
            if (lane.IsClosed) return;
            if (sent == items.Length)
            {
                wait = FirstWaitForRoom;
                continue;
            }

            if (sent is null)
            {
                await carrier.ReturnAsync(target, lane.TakeAll());
            }
            else
            {
                // A client that fetches slowly keeps its lane waiting, and nobody else; one that does not fetch ends by inactivity. So
                // nobody can end somebody's session, or fill its memory, by sending much.
                if (sent > 0) wait = FirstWaitForRoom;
                await Task.Delay(wait);
                wait = wait * 2 < LongestWaitForRoom ? wait * 2 : LongestWaitForRoom;
            }
        }

        if (lane.IsClosed) return;
        Remove(target);
        if (IsIdle) carrier.Idle();
    }

    /// <summary>One call and what follows from it for the lane: whoever awaits it finds in the lane only what was not sent.</summary>
    private async Task<(int? Sent, Task Aftermath)> CarryAsync(LaneTarget target, Lane lane, LaneItem[] items)
    {
        var sent = await carrier.CarryAsync(target, items);
        if (sent is not > 0) return (sent, Task.CompletedTask);
        lane.Remove(sent.Value);
        return (sent, carrier.SentAsync(items, sent.Value));
    }

    private void Remove(LaneTarget target)
    {
        _lanes.Remove(target);
        if (target.User is not null) _userLanes--;
        if (!IsIdle) return;
        _drained?.SetResult();
        _drained = null;
    }

    private sealed class Lane
    {
        private readonly Queue<LaneItem> _queue = new();
        private long _bytes;

        public int Count => _queue.Count;

        /// <summary>Sends the first items, which stay in the lane until it completes.</summary>
        public Task Call { get; set; } = Task.CompletedTask;

        /// <summary>How many items <see cref="Call"/> is about to send.</summary>
        public int Sending { get; set; }

        /// <summary>Its pump ends; what it still has is somebody else's.</summary>
        public bool IsClosed { get; set; }

        public bool TryAdd(LaneItem item)
        {
            if (_queue.Count >= MaxItems || _bytes >= MaxBytes) return false;
            _bytes += item.Stanza.Bytes.Length;
            _queue.Enqueue(item);
            return true;
        }

        public LaneItem[] Peek(int most)
        {
            var items = new LaneItem[Math.Min(most, _queue.Count)];
            var next = 0;
            foreach (var item in _queue)
            {
                if (next == items.Length) break;
                items[next++] = item;
            }

            return items;
        }

        public void Remove(int count)
        {
            for (; count > 0; count--) _bytes -= _queue.Dequeue().Stanza.Bytes.Length;
        }

        public List<LaneItem> TakeUnsent()
        {
            var items = TakeAll();
            var sending = Call.IsCompleted ? 0 : Sending;
            foreach (var item in items[..sending]) TryAdd(item);
            return items[sending..];
        }

        public List<LaneItem> TakeAll()
        {
            List<LaneItem> items = [.. _queue];
            Remove(items.Count);
            return items;
        }
    }
}
