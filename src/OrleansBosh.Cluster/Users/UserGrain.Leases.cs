using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// How long a resource stays. The grain can die with its node while sessions elsewhere live: each life has an epoch, and sessions claim
/// their resources again when they meet a new one. And a session can die without a goodbye: then its silo is dead, or its lease ends.
/// </summary>
internal sealed partial class UserGrain
{
    /// <summary>This life of the grain. Larger than that of earlier lives, as far as the clocks of the nodes agree.</summary>
    private long _epoch;
    private long _lastGrant;
    private IGrainTimer? _leaseTimer;

    public ValueTask<bool> Renew(Guid sessionId, long epoch)
    {
        if (epoch != _epoch || FindResource(sessionId) is not { } resource) return new(false);
        resource.LeasedUntil = NewLease();
        return new(true);
    }

    public async ValueTask<ClaimReply> Claim(ResourceClaim claim)
    {
        using var change = BeginChange();
        if (await IsRemovedAsync(claim.IsGuest)) return new(_epoch, "not-authorized");
        if (FindResource(claim.SessionId) is { } known)
        {
            await ReconcileAsync(known, claim);
        }
        else
        {
            if (_resources.TryGetValue(claim.Name, out var other))
            {
                // Two lives of this grain gave the same name away, as when a client came back before its lost session was claimed: who
                // got it later owns it.
                if (other.Claim.Grant >= claim.Grant) return new(_epoch, "conflict");
                await RemoveAsync(other);
                await HandleRestAsync(other.SessionId, []);
                _ = EndSessionAsync(other.SessionId, "conflict");
            }

            await TakeInAsync(claim);
        }

        Settle();
        return new(_epoch, null);
    }

    public async ValueTask Review()
    {
        using var change = BeginChange();
        var now = _time.GetUtcNow();
        foreach (var resource in _resources.Values.ToArray())
        {
            if (resource.LeasedUntil > now && !_watch.IsDead(resource.Claim.Silo)) continue;
            // Should the session live after all, it learns at its next renewal that it is not known, and claims the resource again.
            await RemoveAsync(resource);
            await HandleRestAsync(resource.SessionId, []);
        }

        CheckShown();
        Settle();
    }

    private void BeginLife()
    {
        _epoch = _time.GetUtcNow().UtcTicks;
        _lastGrant = _epoch;
        BeginToSettle();
    }

    private void Add(ResourceClaim claim)
    {
        _isGuest = claim.IsGuest;
        _resources.Add(claim.Name, new Resource(claim, NewLease()));
        // Clocks of two nodes may differ; within one account a later grant must be a larger one all the same.
        _lastGrant = Math.Max(_lastGrant, claim.Grant);
        if (!claim.Silo.Equals(_watch.LocalSilo)) _watch.Add(Self);
        _leaseTimer ??= this.RegisterGrainTimer(
            static (grain, _) => grain.Review().AsTask(),
            this,
            new GrainTimerCreationOptions(ResourceLeases.RenewalTime, ResourceLeases.RenewalTime));
    }

    /// <summary>A resource from an earlier life. It was there all the time, so there is nothing to tell anybody, unless somebody was told else.</summary>
    private async ValueTask TakeInAsync(ResourceClaim claim)
    {
        var isFirst = !_resources.Values.Any(resource => resource.IsPresent);
        Add(claim);
        var resource = _resources[claim.Name];
        if (!resource.IsAvailable) return;
        await TryLoadRosterAsync();
        // While the grain settles it has not answered for this resource. A claim that comes later may find that a lease has ended or a
        // probe was answered: contacts then see an ordinary update of its presence.
        if (!_isSettling) TellPresence(resource, resource.Presence!);
        if (isFirst && resource.IsPresent) await DeliverOfflineAsync(resource);
    }

    /// <summary>The session is known here, and comes with a claim: it moved, or two lives of this grain have overlapped.</summary>
    private async ValueTask ReconcileAsync(Resource known, ResourceClaim claim)
    {
        known.LeasedUntil = NewLease();
        var isNewer = claim.IsNewerThan(known.Claim);
        var old = known.Claim;
        known.Adopt((isNewer ? claim : old) with { Silo = claim.Silo, IsInterested = old.IsInterested || claim.IsInterested });
        if (!claim.Silo.Equals(_watch.LocalSilo)) _watch.Add(Self);
        if (!isNewer) return;
        await TryLoadRosterAsync();
        if (known.Presence is { } presence) TellPresence(known, presence);
        else if (old.Presence is not null) TellPresence(known, Presence("unavailable", FullJid(known)));
    }

    private void TellPresence(Resource resource, Stanza presence)
    {
        foreach (var contact in _roster?.Subscribers ?? []) SendToContact(contact, presence);
        SendToOwn(presence);
    }

    private async ValueTask<bool> IsRemovedAsync(bool isGuest)
    {
        try
        {
            return !isGuest && await _accounts.FindAsync(_jid.Domain, _jid.Local!) is null;
        }
        catch (StorageException exception)
        {
            // Sessions that are established go on without the store.
            LogStorageFailed(exception);
            return false;
        }
    }

    private async ValueTask TryLoadRosterAsync()
    {
        try
        {
            await GetRosterAsync();
        }
        catch (StorageException exception)
        {
            LogStorageFailed(exception);
        }
    }

    private DateTimeOffset NewLease() => _time.GetUtcNow() + ResourceLeases.LeaseTime;

    /// <summary>After every change of what the grain holds: stays here, moves, or lets itself be collected.</summary>
    private void Settle()
    {
        if (_resources.Count == 0)
        {
            _shown.Clear();
            _watch.Remove(Self);
            _leaseTimer?.Dispose();
            _leaseTimer = null;
        }

        StayOrGo();
        OpenDirect();
        if (NearerSilo() is { } silo) MoveTo(silo);
    }

    /// <summary>Orleans collects what is idle, and polls do not touch this grain: with resources or work it must stay.</summary>
    private void StayOrGo()
    {
        var isNeeded = _resources.Count > 0 || _held.Count > 0 || _offlineToRemove > 0 || !_lanes.IsIdle;
        DelayDeactivation(isNeeded ? TimeSpan.MaxValue : TimeSpan.Zero);
    }
}
