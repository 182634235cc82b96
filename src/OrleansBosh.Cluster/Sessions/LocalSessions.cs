using System.Collections.Concurrent;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>The BOSH sessions whose owner is this silo: what a stop has to end, and what the gauge counts.</summary>
public sealed class LocalSessions
{
    private readonly ConcurrentDictionary<Guid, LocalSession> _sessions = new();
    private volatile bool _isStopping;
    private int _heldRequests;

    public int Count => _sessions.Count;

    /// <summary>Requests that wait for something to deliver, at whatever front end they arrived.</summary>
    public int HeldRequests => Volatile.Read(ref _heldRequests);

    /// <summary>
    /// Ends every session of this silo with <c>system-shutdown</c>, and refuses new ones from now on. Completes when what their clients
    /// have not seen is stored or bounced.
    /// </summary>
    public Task ShutDownAsync()
    {
        _isStopping = true;
        return Task.Run(() =>
        {
            // On all processors: each of them writes its last answer, too.
            var ends = new ConcurrentBag<Task>();
            Parallel.ForEach(_sessions.Values, session => ends.Add(session.ShutDownAsync()));
            return Task.WhenAll(ends);
        });
    }

    /// <returns>False when the node stops: no session may be opened here any more.</returns>
    internal bool TryAdd(LocalSession session)
    {
        // In this order: a session that slips in beside the flag is seen by whoever set it, or sees the flag itself.
        _sessions[session.Id] = session;
        if (!_isStopping) return true;
        Remove(session);
        return false;
    }

    internal void AddHeld(int change) => Interlocked.Add(ref _heldRequests, change);

    /// <summary>The session, if this silo owns it.</summary>
    internal LocalSession? Find(Guid id) => _sessions.GetValueOrDefault(id);

    internal void Remove(LocalSession session) => _sessions.TryRemove(new(session.Id, session));
}
