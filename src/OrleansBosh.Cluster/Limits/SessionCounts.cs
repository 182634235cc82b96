using System.Net;

namespace OrleansBosh.Cluster.Limits;

/// <summary>
/// How many sessions this node has, in all and of each client address. A session is counted under its id, so that it can be taken out
/// wherever it may end, more than once if need be. Thread-safe; the memory is that of the sessions that live. (Sessions of one user are bounded where all
/// of them are known, in the user's grain.)
/// </summary>
/// <param name="maxPerAddress">Of one IPv4 address or IPv6 /64; null for as many as come.</param>
/// <param name="maxInAll">Of all addresses together; null for as many as come.</param>
public sealed class SessionCounts(int? maxPerAddress, int? maxInAll = null)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, AddressNetwork> _sessions = [];
    private readonly Dictionary<AddressNetwork, int> _byAddress = [];

    /// <summary>Counts a session to its client's address; once that is done, again changes nothing.</summary>
    /// <param name="session">The session's id.</param>
    /// <param name="address">Its client's address.</param>
    /// <param name="limit">What refused it.</param>
    /// <returns>False when the address or the node has as many as it may: the session is not counted.</returns>
    public bool TryAdd(Guid session, IPAddress address, out BoshLimit limit)
    {
        limit = BoshLimit.SessionsPerAddress;
        var network = AddressNetwork.Of(address);
        lock (_lock)
        {
            if (_sessions.ContainsKey(session)) return true;
            var count = _byAddress.GetValueOrDefault(network);
            if (count >= maxPerAddress) return false;
            if (_sessions.Count >= maxInAll)
            {
                limit = BoshLimit.Sessions;
                return false;
            }

            _byAddress[network] = count + 1;
            _sessions.Add(session, network);
            return true;
        }
    }

    /// <summary>The session is over. One that is not counted, or not any more, changes nothing.</summary>
    public void Remove(Guid session)
    {
        lock (_lock)
        {
            if (!_sessions.Remove(session, out var network)) return;
            // Whoever left must leave nothing behind, or the table would grow with every address ever seen.
            if (_byAddress[network] == 1) _byAddress.Remove(network);
            else _byAddress[network]--;
        }
    }

    /// <summary>Sessions and addresses in the tables.</summary>
    internal (int Sessions, int Addresses) Sizes
    {
        get
        {
            lock (_lock) return (_sessions.Count, _byAddress.Count);
        }
    }
}
