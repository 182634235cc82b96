using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>Presence in both directions: RFC 6121 §4 (P-RT-06).</summary>
internal sealed partial class UserGrain
{
    public async ValueTask<PresenceReply> SendPresence(Guid sessionId, Stanza presence, StanzaOrigin origin)
    {
        if (FindResource(sessionId) is not { } resource) return new(IsUnknown: true, _lanes.AreUsersIdle, null);
        if (_seen.IsRepeat(origin)) return new(false, _lanes.AreUsersIdle, null);
        StanzaError? error;
        using var change = BeginChange();
        try
        {
            error = presence.To is null ? await BroadcastAsync(resource, presence) : await SendToAsync(resource, presence);
            if (error is null)
            {
                _seen.Remember(origin);
                resource.Handled(origin);
            }
        }
        catch (StorageException exception)
        {
            LogStorageFailed(exception);
            error = StanzaAnswers.StorageFailed;
        }

        return new(false, _lanes.AreUsersIdle, error?.AnswerTo(presence));
    }

    private async ValueTask<StanzaError?> BroadcastAsync(Resource resource, Stanza presence)
    {
        switch (presence.Type)
        {
            case null:
                await AnnounceAsync(resource, presence);
                return null;
            case "unavailable":
                await GetRosterAsync(); // or else the goodbye would reach nobody
                Leave(resource, presence);
                return null;
            default:
                return StanzaError.BadRequest; // every other type has an addressee
        }
    }

    /// <summary>Presence with an addressee: a subscription stanza, or directed presence (§4.6).</summary>
    private async ValueTask<StanzaError?> SendToAsync(Resource resource, Stanza presence)
    {
        if (!Jid.TryParse(presence.To, out var to)) return StanzaError.JidMalformed;
        if (SubscriptionRules.IsSubscriptionType(presence.Type)) return await SendSubscriptionAsync(to.Bare, presence);
        switch (presence.Type)
        {
            case null when resource.Claim.Directed.Count >= Resource.MaxDirected && !resource.Claim.Directed.Contains(to.Text):
                return StanzaError.ResourceConstraint;
            case null or "unavailable":
                resource.Say(presence.WithTo(to.Text));
                break;
            case "probe" or "error":
                break;
            default:
                return StanzaError.BadRequest;
        }

        SendToUser(to, presence);
        return null;
    }

    private async ValueTask AnnounceAsync(Resource resource, Stanza presence)
    {
        var roster = await GetRosterAsync();
        var isInitial = !resource.IsAvailable;
        var wasPresent = resource.IsPresent;
        resource.Say(presence);
        foreach (var contact in roster.Subscribers) SendToContact(contact, presence);
        SendToOwn(presence);
        if (isInitial)
        {
            var session = LaneTarget.ToSession(resource.SessionId);
            foreach (var other in _resources.Values)
            {
                if (other != resource && other.Presence is { } theirs) _lanes.TryAdd(session, new(theirs.WithTo(_jid.Text)));
            }

            foreach (var contact in roster.Subscriptions) SendToContact(contact, Presence("probe", FullJid(resource)));

            // Requests that the user has not answered yet come back at every login until he does (RFC 6121 §3.1.3).
            foreach (var request in roster.Requests) _lanes.TryAdd(session, new(request));
        }

        if (!wasPresent && resource.IsPresent) await DeliverOfflineAsync(resource);
    }

    /// <summary>The resource is not available any more: everybody who knew of it learns that.</summary>
    private void Leave(Resource resource, Stanza unavailable)
    {
        HashSet<string> told = new(StringComparer.Ordinal);
        if (resource.IsAvailable)
        {
            // The roster is in memory since the resource became available.
            foreach (var contact in _roster?.Subscribers ?? [])
            {
                told.Add(contact);
                SendToContact(contact, unavailable);
            }

            SendToOwn(unavailable);
        }

        foreach (var target in resource.Claim.Directed)
        {
            if (Jid.TryParse(target, out var jid) && !told.Contains(jid.Bare.Text)) SendToUser(jid, unavailable.WithTo(target));
        }

        resource.Say(unavailable);
    }

    /// <summary>The resource leaves without having said so (B-INACT-05), or after it.</summary>
    private async ValueTask RemoveAsync(Resource resource)
    {
        // A grain that was told of the resource while the store was out of order has no roster yet.
        if (resource.IsAvailable) await TryLoadRosterAsync();
        Remove(resource);
    }

    private void Remove(Resource resource)
    {
        CloseDirect(resource);
        _resources.Remove(resource.Name);
        Leave(resource, Presence("unavailable", FullJid(resource)));
    }

    /// <summary>Subscription stanzas and probes of others; the rest was delivered.</summary>
    private async ValueTask HandlePresenceAsync(Stanza presence, string? addressed)
    {
        if (!Jid.TryParse(presence.From, out var from)) return;
        var exists = await ExistsAsync();
        if (presence.Type == "probe") await AnswerProbeAsync(from, addressed, exists);
        else if (exists && from.Bare != _jid) await ReceiveSubscriptionAsync(from.Bare, presence);
    }

    /// <summary>§4.3.2. A probe of a full JID is about that resource only; no client ever sees a probe.</summary>
    private async ValueTask AnswerProbeAsync(Jid from, string? addressed, bool exists)
    {
        // The same for somebody who may not know and for an account that does not exist, from the bare JID, which says nothing of resources.
        if (from.Bare != _jid && !(exists && (await GetRosterAsync()).IsSubscriber(from.Bare.Text)))
        {
            SendToUser(from, Presence("unsubscribed", _jid, from.Bare.Text));
            return;
        }

        var available = _resources.Values.Where(resource => resource.IsAvailable && (addressed is null || resource.Name == addressed)).ToArray();
        foreach (var resource in available) SendToUser(from, resource.Presence!.WithTo(from.Text));
        if (available.Length == 0) SendToUser(from, Presence("unavailable", addressed is null ? _jid : _jid.WithResource(addressed), from.Text));
    }

    /// <summary>A contact has gained or lost the right to see the user's presence.</summary>
    private void ShowPresence(string contact, bool isVisible)
    {
        foreach (var resource in _resources.Values)
        {
            if (resource.Presence is not { } presence) continue;
            SendToContact(contact, isVisible ? presence : Presence("unavailable", FullJid(resource)));
        }
    }

    private void SendToContact(string contact, Stanza stanza)
    {
        if (Jid.TryParse(contact, out var jid)) SendToUser(jid, stanza.WithTo(contact));
    }

    /// <summary>To all of the user's own available resources; of presence the sender gets his own too (§4.2.2).</summary>
    private void SendToOwn(Stanza stanza)
    {
        var addressed = stanza.WithTo(_jid.Text);
        foreach (var resource in _resources.Values)
        {
            if (resource.IsAvailable) _lanes.TryAdd(LaneTarget.ToSession(resource.SessionId), new(addressed));
        }
    }

    private static Stanza Presence(string type, Jid from, string? to = null) =>
        Stanza.Create("presence", new(From: from.Text, To: to, Id: null, Type: type, Lang: null));
}
