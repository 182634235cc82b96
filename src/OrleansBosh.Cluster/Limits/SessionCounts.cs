using System.Net;
using System.Runtime.InteropServices;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Limits;

/// <summary>
/// How many sessions of this node each client address and each user has. A session is counted under its id, so that it can be taken out
/// wherever it may end, more than once if need be. Thread-safe; the memory is that of the sessions that live.
/// </summary>
public sealed class SessionCounts(SessionLimits limits)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Counted> _sessions = [];
    private readonly Dictionary<AddressNetwork, int> _byAddress = [];
    private readonly Dictionary<string, int> _byUser = new(StringComparer.Ordinal);

    /// <summary>Counts a session to its client's address; once that is done, again changes nothing.</summary>
    /// <returns>False when the address has as many as it may: the session is not counted.</returns>
    public bool TryAdd(Guid session, IPAddress address)
    {
        var network = AddressNetwork.Of(address);
        lock (_lock)
        {
            ref var counted = ref CollectionsMarshal.GetValueRefOrAddDefault(_sessions, session, out _);
            if (counted.Address is not null) return true;
            if (TryIncrement(_byAddress, network, limits.PerAddress))
            {
                counted.Address = network;
                return true;
            }

            if (counted.User is null) _sessions.Remove(session);
            return false;
        }
    }

    /// <summary>Counts a session to its user, whatever the resource; once that is done, again changes nothing.</summary>
    /// <returns>False when the user has as many as allowed: the session is not counted to the user, but stays with its address.</returns>
    public bool TryAdd(Guid session, Jid user)
    {
        var bare = user.Bare.Text;
        lock (_lock)
        {
            ref var counted = ref CollectionsMarshal.GetValueRefOrAddDefault(_sessions, session, out _);
            if (counted.User is not null) return true;
            if (TryIncrement(_byUser, bare, limits.PerUser))
            {
                counted.User = bare;
                return true;
            }

            if (counted.Address is null) _sessions.Remove(session);
            return false;
        }
    }

    /// <summary>The session is over. One that is not counted, or not any more, changes nothing.</summary>
    public void Remove(Guid session)
    {
        lock (_lock)
        {
            if (!_sessions.Remove(session, out var counted)) return;
            if (counted.Address is { } address) Decrement(_byAddress, address);
            if (counted.User is { } user) Decrement(_byUser, user);
        }
    }

    /// <summary>Sessions, addresses and users in the tables.</summary>
    internal (int Sessions, int Addresses, int Users) Sizes
    {
        get
        {
            lock (_lock) return (_sessions.Count, _byAddress.Count, _byUser.Count);
        }
    }

    private static bool TryIncrement<TKey>(Dictionary<TKey, int> counts, TKey key, int? max)
        where TKey : notnull
    {
        var count = counts.GetValueOrDefault(key);
        if (count >= max) return false;
        counts[key] = count + 1;
        return true;
    }

    private static void Decrement<TKey>(Dictionary<TKey, int> counts, TKey key)
        where TKey : notnull
    {
        // Whoever left must leave nothing behind, or the table would grow with every address ever seen.
        if (counts[key] == 1) counts.Remove(key);
        else counts[key]--;
    }

    private struct Counted
    {
        public AddressNetwork? Address;
        public string? User;
    }
}
