using System.Collections.Immutable;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Everything that an account's grain knows about one resource. The session has it too, so a grain that died with its node is told again
/// by those who live (<see cref="IUserGrain.Claim"/>), and a grain that moves takes it along.
/// </summary>
/// <param name="SessionId">The session behind the resource.</param>
/// <param name="Name">The resource part.</param>
/// <param name="IsGuest">The account lives only as long as this session.</param>
/// <param name="Silo">Where the session is: when that silo dies, so does the resource.</param>
/// <param name="Grant">Grows with every bind of an account: of two that claim one name, the later one owns it.</param>
[GenerateSerializer, Alias("resource-claim"), Immutable]
internal sealed record ResourceClaim(
    [property: Id(0)] Guid SessionId,
    [property: Id(1)] string Name,
    [property: Id(2)] bool IsGuest,
    [property: Id(3)] SiloAddress Silo,
    [property: Id(4)] long Grant)
{
    /// <summary>The last presence it broadcast, with its full JID as sender; null while it is merely connected.</summary>
    [Id(5)]
    public Stanza? Presence { get; init; }

    /// <summary>Full or bare JIDs that got directed presence from it and must hear of the end of it.</summary>
    [Id(6)]
    public ImmutableHashSet<string> Directed { get; init; } = [];

    /// <summary>It has asked for the roster, so it gets roster pushes (RFC 6121 §2.1.6).</summary>
    [Id(7)]
    public bool IsInterested { get; init; }

    /// <summary>The last presence stanza that is in this claim: tells which of two claims of one session is the newer one.</summary>
    [Id(8)]
    public StanzaOrigin LastSaid { get; init; }

    /// <summary>The claim after the session has sent this presence, of any type and with a prepared addressee, and it was accepted.</summary>
    public ResourceClaim After(Stanza presence) => (presence.Type, presence.To) switch
    {
        (null, null) => this with { Presence = presence },
        ("unavailable", null) => this with { Presence = null, Directed = [] },
        (null, { } to) => this with { Directed = Directed.Add(to) },
        ("unavailable", { } to) => this with { Directed = Directed.Remove(to) },
        _ => this,
    };

    public bool IsNewerThan(ResourceClaim other) =>
        (LastSaid.Rid, LastSaid.Index).CompareTo((other.LastSaid.Rid, other.LastSaid.Index)) > 0;
}
