using System.Globalization;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>One session of the user.</summary>
internal sealed class Resource(string name, Guid sessionId)
{
    /// <summary>Entities that got directed presence and must hear of the end of it; beyond that, directed presence is refused.</summary>
    public const int MaxDirected = 1000;

    public string Name { get; } = name;

    public Guid SessionId { get; } = sessionId;

    /// <summary>The last presence it broadcast, with its full JID as sender; null while it is merely connected.</summary>
    public Stanza? Presence { get; private set; }

    public int Priority { get; private set; }

    /// <summary>It has asked for the roster, so it gets roster pushes (RFC 6121 §2.1.6).</summary>
    public bool IsInterested { get; set; }

    /// <summary>Full or bare JIDs that got directed presence from it.</summary>
    public HashSet<string> Directed { get; } = new(StringComparer.Ordinal);

    public bool IsAvailable => Presence is not null;

    /// <summary>It takes messages to the bare JID.</summary>
    public bool IsPresent => IsAvailable && Priority >= 0;

    public ResourceState State => new(Name, IsAvailable, Priority);

    public void Announce(Stanza presence)
    {
        Presence = presence;
        Priority = PriorityOf(presence);
    }

    public void Leave()
    {
        Presence = null;
        Priority = 0;
        Directed.Clear();
    }

    private static int PriorityOf(Stanza presence)
    {
        if (presence.Child("priority", Ns.Client) is not { } child) return 0;
        return sbyte.TryParse(presence.TextOf(child), CultureInfo.InvariantCulture, out var priority) ? priority : 0;
    }
}
