using System.Diagnostics.CodeAnalysis;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>A stream that has bound a resource, as the router sees it.</summary>
internal sealed class ClientBinding(Jid jid, ResourceClaim claim, IXmppClient client, IUserGrain account)
{
    private ResourceClaim _claim = claim;
    private long _epoch;
    private string? _lastReceiver;
    private Jid? _lastReceiverJid;

    /// <summary>The full JID.</summary>
    public Jid Jid { get; } = jid;

    public Guid SessionId => Claim.SessionId;

    public IXmppClient Client { get; } = client;

    /// <summary>The grain of the own account.</summary>
    public IUserGrain Account { get; } = account;

    /// <summary>What this session has told its account's grain, and tells it again when that has died. Written by the session only.</summary>
    public ResourceClaim Claim
    {
        get => Volatile.Read(ref _claim);
        set => Volatile.Write(ref _claim, value);
    }

    /// <summary>The life of the account's grain in which it was told; 0 for none.</summary>
    public long Epoch
    {
        get => Volatile.Read(ref _epoch);
        set => Volatile.Write(ref _epoch, value);
    }

    /// <summary>
    /// Presence of this client may still be on its way from its account's grain to somebody: what follows to the same one must not
    /// overtake it (P-RT-11).
    /// </summary>
    public bool MayOvertake { get; set; }

    /// <summary>Reads an address as <see cref="Jid.TryParse"/> does; who writes to the same one again has it at once.</summary>
    public bool TryParseReceiver(string text, [NotNullWhen(true)] out Jid? receiver)
    {
        receiver = _lastReceiverJid;
        if (text == _lastReceiver && receiver is not null) return true;
        if (!Jid.TryParse(text, out receiver)) return false;
        _lastReceiver = text;
        _lastReceiverJid = receiver;
        return true;
    }
}
