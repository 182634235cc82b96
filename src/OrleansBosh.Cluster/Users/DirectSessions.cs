using System.Collections.Concurrent;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// The short way between two sessions of this silo: addresses for which their account's grain, on this silo too, would do nothing but give
/// a message or iq to one session. Each grain opens and closes those of its own account (<see cref="UserGrain"/>, Direct).
/// </summary>
/// <remarks>A call of the grain costs as much as half a request, and at low load, where threads have to wake each other, several times that.</remarks>
internal sealed class DirectSessions
{
    private readonly ConcurrentDictionary<string, LocalSession> _sessions = new(StringComparer.Ordinal);

    /// <param name="address">A full JID, or the bare JID of an account with one present resource.</param>
    /// <param name="session">Who gets what is sent there.</param>
    public void Open(string address, LocalSession session) => _sessions[address] = session;

    /// <summary>From now on the grain decides again. What is under way to the session reaches it, or comes back to its sender.</summary>
    public void Close(string address, LocalSession session) => _sessions.TryRemove(new(address, session));

    /// <summary>Gives the stanza to the session behind the address, which has it when this completes. To be awaited in a sender's turn.</summary>
    /// <returns>False when it goes by way of the grain.</returns>
    public async ValueTask<bool> TryDeliverAsync(Stanza stanza, Jid to) =>
        IsSimple(stanza, to) && _sessions.TryGetValue(to.Text, out var session) && SessionTurns.Current is { } turns
        // Outside of the sender's turn: two that write to each other must not wait for each other.
        && await turns.Outside(() => TryDeliver(session, stanza, to));

    /// <summary>
    /// Forgets what another life of an account's grain has opened: it can go on for moments beside the one that all others reach.
    /// </summary>
    public void Forget(Jid fullJid)
    {
        _sessions.TryRemove(fullJid.Text, out _);
        _sessions.TryRemove(fullJid.Bare.Text, out _);
    }

    private bool TryDeliver(LocalSession session, Stanza stanza, Jid to)
    {
        var taken = session.Deliver([stanza], TurnThread.Free);
        // It is over, and its account may hear of it much later.
        if (taken is null) Close(to.Text, session);
        return taken == 1;
    }

    /// <summary>As <see cref="DeliveryRules"/> decide it for one resource, present where the address is the account's.</summary>
    private static bool IsSimple(Stanza stanza, Jid to) => stanza.Kind switch
    {
        StanzaKind.Message => to.Resource is not null || stanza.Type is not ("error" or "groupchat"),
        StanzaKind.Iq => to.Resource is not null,
        _ => false,
    };
}
