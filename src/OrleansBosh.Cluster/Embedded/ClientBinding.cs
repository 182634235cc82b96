using OrleansBosh.Cluster.Users;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>A stream that has bound a resource, as the router sees it.</summary>
internal sealed class ClientBinding(Jid jid, Guid sessionId, bool isGuest, IXmppClient client, IUserGrain account)
{
    /// <summary>The full JID.</summary>
    public Jid Jid { get; } = jid;

    public Guid SessionId { get; } = sessionId;

    public bool IsGuest { get; } = isGuest;

    public IXmppClient Client { get; } = client;

    /// <summary>The grain of the own account.</summary>
    public IUserGrain Account { get; } = account;

    /// <summary>
    /// Presence of this client may still be on its way from its account's grain to somebody: what follows to the same one must not
    /// overtake it (P-RT-11).
    /// </summary>
    public bool MayOvertake { get; set; }
}
