using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>The cluster's sessions as a front end calls them: those of its own silo directly, all others through their grain.</summary>
public sealed class BoshSessions(IGrainFactory grains, LocalSessions local, SessionIds ids, BoshMeter meter)
{
    /// <summary>Opens a session on this silo (<see cref="IBoshSessionGrain.Create"/>).</summary>
    public ValueTask<BoshReply> Create(Guid id, BoshCreation creation, CancellationToken clientGone) =>
        grains.GetBoshSession(id).Create(creation, clientGone);

    /// <summary>Answers a request of a session of this silo.</summary>
    /// <returns>
    /// As <see cref="Receive"/>, but completed with <see cref="BoshReply.Moved"/> where there is no such session here (any more): then the
    /// sid has not been checked. A sid that a living session has needs no check.
    /// </returns>
    public ValueTask<BoshReply> ReceiveHere(BoshRequest request, CancellationToken clientGone) =>
        ids.TryReadUnchecked(request.Body.Sid, out var id) && local.Find(id) is { } session && SessionIds.AreEqual(session.Sid, request.Body.Sid)
            ? session.Receive(request, TurnThread.Free, clientGone)
            : new(BoshReply.Moved);

    /// <summary>Answers a request, wherever its session lives (<see cref="IBoshSessionGrain.Receive"/>). Not to be called by a grain.</summary>
    public ValueTask<BoshReply> Receive(Guid id, BoshRequest request, CancellationToken clientGone)
    {
        if (local.Find(id) is { } session) return session.Receive(request, TurnThread.Free, clientGone);
        meter.RequestForwarded();
        return grains.GetBoshSession(id).Receive(request, clientGone);
    }
}
