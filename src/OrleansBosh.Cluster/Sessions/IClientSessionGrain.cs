using Orleans.Concurrency;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>
/// The side of a session that the XMPP domain sees, whatever the session's transport. Its methods interleave and await nothing, so that
/// whoever awaits them cannot be part of a cycle.
/// </summary>
[Alias("client-session")]
public interface IClientSessionGrain : IGrainWithGuidKey
{
    /// <summary>Queues stanzas for the client, in order, as far as its queue has room.</summary>
    /// <returns>
    /// How many were taken; the caller keeps the rest and tries again. None while the session ends and has not told its account. Null when
    /// there is no such session (any more): the stanzas are undeliverable.
    /// </returns>
    [Alias("deliver"), AlwaysInterleave]
    ValueTask<int?> Deliver([Immutable] Stanza[] stanzas);

    /// <summary>Whether a client is there: a request is held, or the last answer left less than a short grace time ago (P-NEG-06).</summary>
    [Alias("is-live"), AlwaysInterleave]
    ValueTask<bool> IsLive();

    /// <summary>Ends the session with a stream error, for example <c>conflict</c>.</summary>
    [Alias("close-with"), AlwaysInterleave]
    ValueTask CloseWith(string streamErrorCondition);
}
