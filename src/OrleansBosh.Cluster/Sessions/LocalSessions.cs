using System.Collections.Concurrent;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>The BOSH sessions whose owner is this silo: what a stop has to end, and what the gauge counts.</summary>
public sealed class LocalSessions
{
    private readonly ConcurrentDictionary<Guid, IBoshSessionGrain> _sessions = new();
    private volatile bool _isStopping;
    private int _heldRequests;

    public int Count => _sessions.Count;

    /// <summary>Whether this silo owns the session.</summary>
    public bool Contains(Guid id) => _sessions.ContainsKey(id);

    /// <summary>Requests that wait for something to deliver, at whatever front end they arrived.</summary>
    public int HeldRequests => Volatile.Read(ref _heldRequests);

    /// <summary>
    /// Ends every session of this silo with <c>system-shutdown</c>, and refuses new ones from now on. Completes when what their clients
    /// have not seen is stored or bounced.
    /// </summary>
    public Task ShutDownAsync()
    {
        _isStopping = true;
        return Task.WhenAll(_sessions.Values.Select(session => session.ShutDown().AsTask()));
    }

    /// <returns>False when the node stops: no session may be opened here any more.</returns>
    internal bool TryAdd(Guid id, IBoshSessionGrain session)
    {
        // In this order: a session that slips in beside the flag is seen by whoever set it, or sees the flag itself.
        _sessions[id] = session;
        if (!_isStopping) return true;
        Remove(id);
        return false;
    }

    internal void AddHeld(int change) => Interlocked.Add(ref _heldRequests, change);

    internal void Remove(Guid id) => _sessions.TryRemove(id, out _);
}
