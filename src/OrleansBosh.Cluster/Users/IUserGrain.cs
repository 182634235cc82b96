using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// One account: its resources, presence, roster and offline messages. The key is the bare JID. Its methods await storage, and of other
/// grains only what a session answers at once, so whoever awaits them cannot be part of a cycle; what it sends leaves in the background (<see cref="StanzaLanes"/>).
/// </summary>
[Alias("user"), GrainInterfaceType(GrainReferences.User)]
internal interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Registers a session as a resource (P-NEG-06). The same session may ask again and gets the same answer.</summary>
    [Alias("bind")]
    ValueTask<BindReply> Bind(BindRequest request);

    /// <summary>
    /// A session that has been bound lives on, and its resource with it (<see cref="ResourceLeases"/>). The grain may have died since and
    /// be another one now, which knows nothing of that.
    /// </summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="epoch">The life of this grain that the session knows.</param>
    /// <returns>False when this is another life of the grain: the session has to <see cref="Claim"/> its resource.</returns>
    [Alias("renew")]
    ValueTask<bool> Renew(Guid sessionId, long epoch);

    /// <summary>Registers a resource that was bound in an earlier life of this grain, with all that the session has told that one.</summary>
    [Alias("claim")]
    ValueTask<ClaimReply> Claim(ResourceClaim claim);

    /// <summary>A silo has died: resources whose sessions were there leave, and what was seen of others' there is checked.</summary>
    [Alias("review")]
    ValueTask Review();

    /// <summary>The session is gone: it leaves, and what its client has not seen is handled again (B-INACT-04, B-INACT-05).</summary>
    [Alias("unbind")]
    ValueTask Unbind(Guid sessionId, [Immutable] Stanza[] undelivered);

    /// <summary>The user sends presence of any type, stamped with its <c>from</c>.</summary>
    [Alias("send-presence")]
    ValueTask<PresenceReply> SendPresence(Guid sessionId, [Immutable] Stanza presence, StanzaOrigin origin);

    /// <summary>
    /// The user sends a message or iq to another user, to whom presence may still be on its way from here: it must not overtake that.
    /// </summary>
    [Alias("forward")]
    ValueTask<ForwardReply> Forward([Immutable] Stanza stanza, StanzaOrigin origin);

    /// <summary>A stanza for this account, from anybody.</summary>
    /// <returns>The answer or the error for its sender; null when there is none (yet).</returns>
    [Alias("receive")]
    ValueTask<Stanza?> Receive([Immutable] Stanza stanza, StanzaOrigin origin);

    /// <summary>Receives presence by which another user's resource shows that it is available.</summary>
    /// <param name="presence">The presence, from a full JID.</param>
    /// <param name="silo">Where the session behind it is: should that silo die, this account checks whether the resource lives.</param>
    [Alias("show")]
    ValueTask<Stanza?> Show([Immutable] Stanza presence, SiloAddress silo);

    /// <summary>Whether the resource is available; null when that cannot be said yet, because sessions are claiming their resources.</summary>
    [Alias("is-available")]
    ValueTask<bool?> IsAvailable(string resource);

    /// <summary>Removes the account (XEP-0077 §3.2): contacts are told, other sessions than the caller's end.</summary>
    /// <returns>False when the store failed; nothing was removed then.</returns>
    [Alias("remove-account")]
    ValueTask<bool> RemoveAccount(Guid sessionId);
}

/// <param name="SessionId">The session that binds.</param>
/// <param name="Resource">The prepared resource it asks for, or null for any.</param>
/// <param name="IsGuest">The account lives only as long as this session (SASL ANONYMOUS).</param>
/// <param name="Silo">Where the session is.</param>
[GenerateSerializer, Alias("bind-request"), Immutable]
internal sealed record BindRequest(
    [property: Id(0)] Guid SessionId, [property: Id(1)] string? Resource, [property: Id(2)] bool IsGuest, [property: Id(3)] SiloAddress Silo);

/// <param name="Claim">What was given; null when there is no resource to be had now.</param>
/// <param name="Epoch">The life of the grain in which it was given.</param>
/// <param name="IsRemoved">There is no such account any more.</param>
[GenerateSerializer, Alias("bind-reply"), Immutable]
internal sealed record BindReply(
    [property: Id(0)] ResourceClaim? Claim, [property: Id(1)] long Epoch = 0, [property: Id(2)] bool IsRemoved = false);

/// <param name="Epoch">The life of the grain that knows the claim now.</param>
/// <param name="Refusal">The stream error for a session that has lost its resource, or null.</param>
[GenerateSerializer, Alias("claim-reply"), Immutable]
internal sealed record ClaimReply([property: Id(0)] long Epoch, [property: Id(1)] string? Refusal);

/// <param name="IsUnknown">This session is not registered here (any more): claim the resource and repeat. Nothing was done.</param>
/// <param name="IsIdle">Nothing is on its way to other users.</param>
/// <param name="Error">The error for the client, or null.</param>
[GenerateSerializer, Alias("presence-reply"), Immutable]
internal sealed record PresenceReply(
    [property: Id(0)] bool IsUnknown, [property: Id(1)] bool IsIdle, [property: Id(2)] Stanza? Error);

/// <param name="IsQueued">The stanza waits behind an earlier one to the same user and will be sent. Otherwise the caller sends it.</param>
/// <param name="IsIdle">Nothing is on its way to other users.</param>
/// <param name="Error">The error for the client, or null. Nothing was sent, and nothing is to be.</param>
[GenerateSerializer, Alias("forward-reply"), Immutable]
internal sealed record ForwardReply(
    [property: Id(0)] bool IsQueued, [property: Id(1)] bool IsIdle, [property: Id(2)] Stanza? Error);
