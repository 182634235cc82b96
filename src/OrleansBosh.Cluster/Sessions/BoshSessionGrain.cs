using Orleans.Concurrency;
using Orleans.Placement;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>
/// The address and the lifetime of a session in the cluster. What it does is the <see cref="LocalSession"/>'s, which the front end of the
/// same silo enters without a call; everybody else comes through here.
/// </summary>
/// <remarks>
/// It interleaves: no method awaits another grain. That is what keeps two users who write to each other from waiting for each other. Once a
/// session is open it is not collected as idle, because nothing but its own node may call it; it goes when the session is over.
/// </remarks>
[Reentrant, PreferLocalPlacement, GrainType(GrainReferences.BoshSession)]
internal sealed class BoshSessionGrain : Grain, IBoshSessionGrain, IClientSessionGrain
{
    private readonly LocalSession _session;

    public BoshSessionGrain(SessionServices services) => _session = new(services, this.GetPrimaryKey(), GrainContext);

    public ValueTask<BoshReply> Create(BoshCreation creation, CancellationToken clientGone)
    {
        var reply = _session.Create(creation, clientGone);
        // Not before: an activation whose call was given up before it began has nobody who would let it go.
        if (_session.IsOpen) DelayDeactivation(TimeSpan.MaxValue);
        return reply;
    }

    public ValueTask<BoshReply> Receive(BoshRequest request, CancellationToken clientGone) =>
        _session.Receive(request, TurnThread.OwnGrain, clientGone);

    public ValueTask<int?> Deliver(Stanza[] stanzas) => new(_session.Deliver(stanzas, TurnThread.OwnGrain));

    public ValueTask<bool> IsLive() => new(_session.IsLive());

    public ValueTask CloseWith(string streamErrorCondition)
    {
        _session.CloseWith(streamErrorCondition);
        return default;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _session.ReleaseAsync(cancellationToken);
}
