using System.Globalization;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>One session of the user.</summary>
internal sealed class Resource(ResourceClaim claim, DateTimeOffset leasedUntil)
{
    /// <summary>Entities that got directed presence; beyond that, it is refused.</summary>
    public const int MaxDirected = 1000;

    public ResourceClaim Claim { get; private set; } = claim;

    public string Name => Claim.Name;

    public Guid SessionId => Claim.SessionId;

    public Stanza? Presence => Claim.Presence;

    /// <summary>The session, where what is sent to the full JID goes to it directly (<see cref="DirectSessions"/>).</summary>
    public LocalSession? Direct { get; set; }

    /// <summary>Its session renews this; one that does not is gone.</summary>
    public DateTimeOffset LeasedUntil { get; set; } = leasedUntil;

    public int Priority { get; private set; } = PriorityOf(claim.Presence);

    public bool IsAvailable => Presence is not null;

    /// <summary>It takes messages to the bare JID.</summary>
    public bool IsPresent => IsAvailable && Priority >= 0;

    public ResourceState State => new(Name, IsAvailable, Priority);

    /// <summary>Takes note of a presence stanza of its session.</summary>
    public void Say(Stanza presence) => Adopt(Claim.After(presence));

    /// <summary>Takes note that a stanza of its session was handled, and with it everything up to it.</summary>
    public void Handled(StanzaOrigin origin) => Claim = Claim with { LastSaid = origin };

    public void ShowInterest() => Claim = Claim with { IsInterested = true };

    public void Adopt(ResourceClaim claim)
    {
        Claim = claim;
        Priority = PriorityOf(claim.Presence);
    }

    private static int PriorityOf(Stanza? presence)
    {
        if (presence?.Child("priority", Ns.Client) is not { } child) return 0;
        return sbyte.TryParse(presence.TextOf(child), CultureInfo.InvariantCulture, out var priority) ? priority : 0;
    }
}
