using Orleans.Runtime.Placement;
using OrleansBosh.Cluster.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Where the grain lives: with its sessions, so that a message between two sessions of one node does not leave it. It comes to life where
/// it is called first; when that was the node of somebody who wrote to an absent user, it moves as soon as all sessions are on another.
/// </summary>
internal sealed partial class UserGrain
{
    private const string StateKey = "user";

    private UserGrainState? _arrived;

    void IGrainMigrationParticipant.OnDehydrate(IDehydrationContext dehydrationContext) => dehydrationContext.TryAddValue(
        StateKey,
        new UserGrainState(
            _epoch, _lastGrant, [.. _resources.Values.Select(resource => resource.Claim)], [.. _seen.Origins], [.. _shown], HasUnsentInStore, _offlineToRemove));

    void IGrainMigrationParticipant.OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (!rehydrationContext.TryGetValue<UserGrainState>(StateKey, out var state) || state is null) return;
        _arrived = state;
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (_arrived is null) BeginLife();
        else await GoOnWithAsync(_arrived);
        _arrived = null;
    }

    private async ValueTask GoOnWithAsync(UserGrainState state)
    {
        using var change = BeginChange();
        _epoch = state.Epoch;
        _lastGrant = state.LastGrant;
        foreach (var origin in state.Seen) _seen.Remember(origin);
        foreach (var claim in state.Claims) Add(claim);
        foreach (var (fullJid, silo) in state.Shown) SeesFrom(fullJid, silo);
        // Now, before anything newer comes.
        _offlineToRemove = state.OfflineToRemove;
        if (state.HasUnsentInStore && AnyPresent is { } resource) await DeliverOfflineAsync(resource);
        else if (_offlineToRemove > 0) TryOfflineAgainLater(); // nobody waits for it
        StayOrGo();
    }

    /// <summary>The one other silo where all sessions are; null when there is none, or when the grain must not move now.</summary>
    private SiloAddress? NearerSilo()
    {
        // A move carries the plain state only: what is on its way finishes first, and it is tried again then. A guest's roster stands in no
        // store, and he needs no move: nobody knows his name before he has come.
        if (_resources.Count == 0 || !_lanes.IsIdle || _isSettling || _held.Count > 0 || !IsOfflineSettled || _isGuest) return null;
        SiloAddress? silo = null;
        foreach (var resource in _resources.Values)
        {
            if (silo is not null && !silo.Equals(resource.Claim.Silo)) return null;
            silo = resource.Claim.Silo;
        }

        return silo!.Equals(_watch.LocalSilo) || !_watch.IsActive(silo) ? null : silo;
    }

    private void MoveTo(SiloAddress silo) =>
        ((IGrainBase)this).GrainContext.Migrate(new() { [IPlacementDirector.PlacementHintKey] = silo });
}

/// <summary>
/// What a user grain takes along when it moves. It moves only when nothing is on its way, or because its silo stops: then what sessions have
/// not taken waits in the store.
/// </summary>
[GenerateSerializer, Alias("user-state"), Immutable]
internal sealed record UserGrainState(
    [property: Id(0)] long Epoch,
    [property: Id(1)] long LastGrant,
    [property: Id(2)] ResourceClaim[] Claims,
    [property: Id(3)] StanzaOrigin[] Seen,
    [property: Id(4)] KeyValuePair<string, SiloAddress>[] Shown,
    [property: Id(5)] bool HasUnsentInStore,
    [property: Id(6)] long OfflineToRemove);
