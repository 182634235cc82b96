using Microsoft.Extensions.Logging;
using Orleans.Placement;
using OrleansBosh.Cluster.Embedded;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Carries out what the rules in <see cref="DeliveryRules"/> and <see cref="SubscriptionRules"/> say, for one account. This file has its
/// life and its resources; the others what arrives (Delivery), what comes back (Return), what was stored (Offline), presence, the roster with
/// subscriptions, and what a cluster adds: Leases, Settling, Shown, Placement and Direct.
/// </summary>
/// <remarks>
/// Not reentrant: a method that awaits storage keeps the next one waiting, and so order is kept. No method awaits another grain, with
/// two exceptions, both with little patience: a bind that finds its resource taken asks the other session whether it lives, and whoever
/// removes a resource awaits the lane's call to its session. A session answers both at once.
/// The lanes run beside these methods; when they have something to change, they call the grain like everybody else.
/// </remarks>
[PreferLocalPlacement, GrainType(GrainReferences.User), CollectionAgeLimit(Minutes = 5)]
internal sealed partial class UserGrain : Grain, IUserGrain, IStanzaCarrier, IGrainMigrationParticipant
{
    private static readonly TimeSpan LivenessPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LanePatience = TimeSpan.FromSeconds(2);

    /// <summary>With the store's own patience, within what Orleans grants for a deactivation (10 s).</summary>
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CallPatience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BouncePatience = TimeSpan.FromSeconds(1);

    private readonly EmbeddedDomainSettings _settings;
    private readonly IAccountStore _accounts;
    private readonly IRosterStore _rosters;
    private readonly IOfflineStore _offline;
    private readonly LocalSessions _localSessions;
    private readonly DirectSessions _direct;
    private readonly SiloWatch _watch;
    private readonly TimeProvider _time;
    private readonly ILogger<UserGrain> _logger;

    private readonly Dictionary<string, Resource> _resources = new(StringComparer.Ordinal);
    private readonly StanzaLanes _lanes;
    private readonly SeenOrigins _seen = new();
    private readonly SharedCopies _copies = new();
    private readonly Jid _jid;

    /// <summary>Sessions of an account that was removed, until they have ended: what they give back is not for whoever has the name now.</summary>
    private readonly HashSet<Guid> _disowned = [];
    private Roster? _roster;
    private bool _isGuest;

    public UserGrain(
        EmbeddedDomainSettings settings,
        IAccountStore accounts,
        IRosterStore rosters,
        IOfflineStore offline,
        LocalSessions localSessions,
        DirectSessions direct,
        SiloWatch watch,
        TimeProvider time,
        ILogger<UserGrain> logger)
    {
        _settings = settings;
        _accounts = accounts;
        _rosters = rosters;
        _offline = offline;
        _localSessions = localSessions;
        _direct = direct;
        _watch = watch;
        _time = time;
        _logger = logger;
        _lanes = new(this);
        _jid = Jid.TryParse(this.GetPrimaryKeyString(), out var jid) && jid is { Local: not null, IsBare: true }
            ? jid
            : throw new InvalidOperationException($"The key of a user grain is a bare JID, not {this.GetPrimaryKeyString()}.");
    }

    private IUserGrain Self => this.AsReference<IUserGrain>();

    private ResourceState[] ResourceStates
    {
        get
        {
            var states = new ResourceState[_resources.Count];
            var next = 0;
            foreach (var resource in _resources.Values) states[next++] = resource.State;
            return states;
        }
    }

    public async ValueTask<BindReply> Bind(BindRequest request)
    {
        using var change = BeginChange();
        if (FindResource(request.SessionId) is { } bound) return new(bound.Claim, _epoch);
        try
        {
            // The account may have been removed since the login, and its name may be somebody else's tomorrow.
            if (!request.IsGuest && await _accounts.FindAsync(_jid.Domain, _jid.Local!) is null) return new(null, IsRemoved: true);
        }
        catch (StorageException exception)
        {
            LogStorageFailed(exception);
            return new(null);
        }

        var name = request.Resource ?? NewResourceName("");
        if (_resources.TryGetValue(name, out var other))
        {
            // P-NEG-06: a client that lost its connection takes its place again; two that live get a place each, or they would kick each
            // other for ever.
            if (await IsLiveAsync(other.SessionId))
            {
                name = Jid.TryPrepareResource(NewResourceName(name + "-"), out var similar) ? similar : NewResourceName("");
            }
            else
            {
                await RemoveAsync(other);
                await HandleRestAsync(other.SessionId, []);
                _ = EndSessionAsync(other.SessionId, "conflict");
            }
        }

        if (_resources.Count >= _settings.MaxResources) return new(null);
        var claim = new ResourceClaim(request.SessionId, name, request.IsGuest, request.Silo, ++_lastGrant);
        Add(claim);
        Settle();
        return new(claim, _epoch);
    }

    public async ValueTask Unbind(Guid sessionId, Stanza[] undelivered)
    {
        using var change = BeginChange();
        if (FindResource(sessionId) is { } resource) await RemoveAsync(resource);
        if (_disowned.Remove(sessionId))
        {
            foreach (var stanza in undelivered) Bounce(stanza, StanzaError.ServiceUnavailable);
            undelivered = [];
        }

        await HandleRestAsync(sessionId, undelivered);
        if (_isGuest && _resources.Count == 0)
        {
            // The account ends with its session; who writes to it now finds nobody.
            _isGuest = false;
            _roster = null;
        }

        Settle();
    }

    public async ValueTask<bool> RemoveAccount(Guid sessionId)
    {
        using var change = BeginChange();
        Roster roster;
        try
        {
            roster = await GetRosterAsync();
            await _accounts.RemoveAsync(_jid.Domain, _jid.Local!);
        }
        catch (StorageException exception)
        {
            LogStorageFailed(exception);
            return false;
        }

        foreach (var contact in roster.Contacts) TellContactOfRemoval(contact, roster.StateOf(contact));
        var resources = _resources.Values.ToArray();
        foreach (var resource in resources) Remove(resource);
        foreach (var resource in resources)
        {
            // Now, while it finds nobody: the account's name may be somebody else's later. What the session itself has comes when it ends.
            await HandleRestAsync(resource.SessionId, []);
            _disowned.Add(resource.SessionId);
            if (resource.SessionId != sessionId) _ = EndSessionAsync(resource.SessionId, "not-authorized");
        }

        _roster = null;
        _offlineToRemove = 0; // it went with the account
        Settle();
        return true;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _watch.Remove(Self);
        _ = BeginChange(); // and it does not end any more
        await HandleHeldAsync();
        // Mostly nothing is on its way; when the silo stops, what is should still leave.
        await Task.WhenAny(_lanes.DrainAsync(), Task.Delay(DrainPatience, cancellationToken));
        await StoreUnsentAsync();
        await Task.WhenAny(_lanes.DrainAsync(), Task.Delay(BouncePatience, cancellationToken));
        if (_lanes.Count > 0) LogLeftUnderWay(_lanes.Count);
    }

    private Resource? FindResource(Guid sessionId)
    {
        foreach (var resource in _resources.Values)
        {
            if (resource.SessionId == sessionId) return resource;
        }

        return null;
    }

    private static string NewResourceName(string prefix) => prefix + Convert.ToHexStringLower(Guid.NewGuid().ToByteArray().AsSpan(0, 6));

    private Jid FullJid(Resource resource) => _jid.WithResource(resource.Name);

    private async ValueTask<Roster> GetRosterAsync() => _roster ??= await Roster.LoadAsync(_jid.Text, _isGuest ? null : _rosters);

    /// <summary>Whether there is such an account. Not remembered: accounts come and go without this grain.</summary>
    private async ValueTask<bool> ExistsAsync() =>
        _resources.Count > 0 || await _accounts.FindAsync(_jid.Domain, _jid.Local!) is not null;

    private async ValueTask<bool> IsLiveAsync(Guid sessionId)
    {
        try
        {
            return await GrainFactory.GetGrain<IClientSessionGrain>(sessionId).IsLive().AsTask().WaitAsync(LivenessPatience);
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            // Its node is dead or stuck, so its client is not being served either.
            LogSessionUnreachable(exception);
            return false;
        }
    }

    /// <summary>Ends a session in the background; it has lost its resource already, so nothing depends on when.</summary>
    private async Task EndSessionAsync(Guid sessionId, string condition)
    {
        try
        {
            await GrainRetry.RunAsync(
                (Session: GrainFactory.GetGrain<IClientSessionGrain>(sessionId), Condition: condition),
                static async state =>
                {
                    await state.Session.CloseWith(state.Condition);
                    return true;
                });
        }
        catch (Exception exception)
        {
            LogSessionUnreachable(exception);
        }
    }

    void IStanzaCarrier.Idle() => Settle();
}
