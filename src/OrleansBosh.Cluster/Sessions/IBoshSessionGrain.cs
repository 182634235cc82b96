using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>One BOSH session; its key is the random part of the sid. Front ends on any silo call it.</summary>
/// <remarks>
/// The calls hold HTTP requests, so they outlive the cluster's ordinary response time-out; <see cref="ResponseTimeout"/> must stay above the
/// largest <c>wait</c> that the options allow.
/// </remarks>
[Alias("bosh-session"), GrainInterfaceType(GrainReferences.BoshSession)]
public interface IBoshSessionGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Above the longest that a request may be held: five minutes of <c>wait</c>, and behind a gap a minute more
    /// (<see cref="BoshSession.LongestGap"/>).
    /// </summary>
    const string ResponseTimeout = "00:06:10";

    /// <summary>Opens the session and answers its creation request. The only call that may.</summary>
    [Alias("create"), ResponseTimeout(ResponseTimeout)]
    ValueTask<BoshReply> Create([Immutable] BoshCreation creation, CancellationToken clientGone);

    /// <summary>Answers a request, possibly after holding it. A session that does not exist says so (<see cref="BoshReplyKind.Gone"/>).</summary>
    /// <param name="request">The request.</param>
    /// <param name="clientGone">Fires when the client's connection breaks; the request keeps its place in the session.</param>
    [Alias("receive"), ResponseTimeout(ResponseTimeout)]
    ValueTask<BoshReply> Receive([Immutable] BoshRequest request, CancellationToken clientGone);
}
