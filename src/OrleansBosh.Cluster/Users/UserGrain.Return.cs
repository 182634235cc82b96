using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>What comes back from a session that has ended, or waits for one when this life of the grain ends.</summary>
internal sealed partial class UserGrain
{
    private bool _hasUnsentInStore;

    /// <summary>What the next life reads at once. While a call may still give a session the same, it does not.</summary>
    private bool HasUnsentInStore => (_hasUnsentInStore || _offlineTimer is not null) && _offlineReader is null;

    /// <summary>
    /// What was meant for a session that has left, in the order in which it came: first what the session had, then what still waits for it
    /// here. All of it in one turn, so that nothing newer gets between or ahead (P-RT-11).
    /// </summary>
    private async ValueTask HandleRestAsync(Guid sessionId, Stanza[] undelivered)
    {
        var rest = await _lanes.CloseAsync(LaneTarget.ToSession(sessionId), LanePatience);
        var toStore = new List<Stanza>();
        foreach (var stanza in undelivered) HandleUnlessShared(stanza);
        // Null: its silo is stuck, and nobody knows what it has got. When the call has failed, the lane comes with the rest.
        if (rest is not null)
        {
            if (_offlineReader == sessionId) await PassOfflineOnAsync();
            foreach (var stanza in Unstored(rest)) HandleUnlessShared(stanza);
        }

        await StoreAgainAsync(toStore);

        void HandleUnlessShared(Stanza stanza)
        {
            if (!_copies.HoldersOf(stanza).Any(holder => FindResource(holder) is not null)) HandleAgain(stanza, ResourceStates, toStore);
        }
    }

    /// <summary>
    /// What sessions have not taken when this life of the grain ends goes to the store, as if they had left: they get it when the grain has
    /// moved, or when they claim their resources in its next life. What a call is about to give a session stays with that call, or it could
    /// arrive twice; if the call fails and this silo still runs, it comes back to the next life.
    /// </summary>
    private async ValueTask StoreUnsentAsync()
    {
        // A session answers at once, unless its silo is stuck.
        await Task.WhenAny(_lanes.WhenCallsReturnAsync(), Task.Delay(CallPatience));
        var unsent = _lanes.TakeUnsent();
        if (_offlineReader is { } reader && !_lanes.IsBusy(LaneTarget.ToSession(reader)))
        {
            _offlineReader = null;
            _hasUnsentInStore = true;
        }

        var holders = unsent.SelectMany(lane => lane.Items, (lane, item) => (lane.Session, item.Stanza)).ToHashSet();
        var handled = new HashSet<Stanza>();
        var toStore = new List<Stanza>();
        foreach (var stanza in unsent.SelectMany(lane => Unstored(lane.Items)))
        {
            // Of a message with several receivers one copy, and only where none of them has it.
            if (!handled.Add(stanza) || _copies.HoldersOf(stanza).Any(HasIt)) continue;
            HandleAgain(stanza, [], toStore);

            bool HasIt(Guid session) => FindResource(session) is not null && !holders.Contains((session, stanza));
        }

        _hasUnsentInStore |= toStore.Count > 0;
        await StoreAgainAsync(toStore);
    }

    /// <summary>B-INACT-04: a stanza that a session had and its client has not seen.</summary>
    private void HandleAgain(Stanza stanza, ResourceState[] resources, List<Stanza> toStore)
    {
        // What this account's server side sent itself (roster pushes) has nobody who waits for an answer.
        if (!Jid.TryParse(stanza.From, out var from) || from == _jid || from.Local is null) return;
        var delivery = DeliveryRules.DecideAgain(stanza.Kind, stanza.Type, resources);
        switch (delivery.Verdict)
        {
            case DeliveryVerdict.Deliver when Deliver(stanza, delivery.Resources):
            case DeliveryVerdict.Drop:
                return;
            case DeliveryVerdict.Store when !_isGuest && OfflineRules.MayStore(stanza):
                toStore.Add(stanza);
                return;
            default:
                Bounce(stanza, stanza.Kind == StanzaKind.Iq ? StanzaError.ServiceUnavailable : StanzaError.RecipientUnavailable);
                return;
        }
    }

    /// <summary>All of it at once: the account waits, and one message after the other may take many seconds. What is not stored is bounced.</summary>
    private async ValueTask StoreAgainAsync(List<Stanza> messages)
    {
        if (messages.Count == 0) return;
        // What had been stored before is older than all that still is (P-RT-11): only the oldest are given out. But a session that is being
        // given those knows them by their ids.
        var byAge = messages.ToLookup(message => _offlineReader is null && message.IsDelayedBy(_jid.Domain));
        Stanza[] older = [.. byAge[true]], newer = [.. byAge[false]];
        var stored = 0;
        var error = StanzaError.RecipientUnavailable;
        try
        {
            if (await ExistsAsync()) stored = await PutBackAsync(older, newer);
        }
        catch (StorageException exception)
        {
            LogStorageFailed(exception);
            error = StanzaAnswers.StorageFailed;
        }

        foreach (var message in older.Concat(newer).Skip(stored)) Bounce(message, error);
    }

    private async ValueTask<int> PutBackAsync(Stanza[] older, Stanza[] newer)
    {
        var delivered = _offlineToRemove;
        var now = _time.GetUtcNow();
        var stored = await _offline.PutBackAsync(
            _jid.Text, older, [.. newer.Select(message => message.WithDelay(_jid.Domain, now))], delivered, _settings.MaxOfflineMessages);
        if (_offlineToRemove <= delivered) _offlineToRemove = 0;
        return stored;
    }
}
