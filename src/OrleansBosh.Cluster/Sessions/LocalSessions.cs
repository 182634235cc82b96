using System.Collections.Concurrent;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>The BOSH sessions whose owner is this silo: what a stop has to end, and what the gauge counts.</summary>
public sealed class LocalSessions
{
    private readonly ConcurrentDictionary<Guid, IBoshSessionGrain> _sessions = new();
    private int _heldRequests;

    public int Count => _sessions.Count;

    /// <summary>Requests that wait for something to deliver, at whatever front end they arrived.</summary>
    public int HeldRequests => Volatile.Read(ref _heldRequests);

    /// <summary>The node stops: no session may be opened here any more.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Ends every session of this silo with <c>system-shutdown</c>, and refuses new ones from now on.</summary>
    public async Task ShutDownAsync()
    {
        IsStopping = true;
        await Task.WhenAll(_sessions.Values.Select(session => session.ShutDown().AsTask()));
    }

    internal void Add(Guid id, IBoshSessionGrain session) => _sessions[id] = session;

    internal void AddHeld(int change) => Interlocked.Add(ref _heldRequests, change);

    internal void Remove(Guid id) => _sessions.TryRemove(id, out _);
}
