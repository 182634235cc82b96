using System.Xml.Linq;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>What arrives for the account: RFC 6121 §8.5.</summary>
internal sealed partial class UserGrain
{
    public async ValueTask<Stanza?> Receive(Stanza stanza, StanzaOrigin origin)
    {
        if (_seen.IsRepeat(origin)) return null;
        if (stanza is { Kind: StanzaKind.Presence, Type: "unavailable", From: { } gone }) _shown.Remove(gone);
        if (!IsOurs(stanza.To, out var resource)) return StanzaError.JidMalformed.AnswerTo(stanza);
        var answer = TryHold(stanza, resource) ? null : await TryReceiveAsync(stanza, resource);

        // A stanza that was answered had no other effect worth protecting, and its sender must get the answer again.
        if (answer is null) _seen.Remember(origin);
        return answer;
    }

    public ValueTask<ForwardReply> Forward(Stanza stanza, StanzaOrigin origin)
    {
        var target = Jid.TryParse(stanza.To, out var to) ? LaneTarget.ToUser(to.Bare.Text) : default;
        if (!_lanes.IsBusy(target)) return new(new ForwardReply(false, _lanes.AreUsersIdle, null));
        return new(_lanes.TryAdd(target, new(stanza, origin))
            ? new ForwardReply(true, false, null)
            : new ForwardReply(false, false, StanzaError.ResourceConstraint.AnswerTo(stanza)));
    }

    /// <summary>Whether an address is the account's. What the router brings is in prepared form and needs no reading.</summary>
    private bool IsOurs(string? address, out string? resource)
    {
        resource = null;
        if (address == _jid.Text) return true;
        if (address is not null && address.Length > _jid.Text.Length + 1 && address[_jid.Text.Length] == '/'
            && address.StartsWith(_jid.Text, StringComparison.Ordinal))
        {
            return Jid.TryPrepareResource(address[(_jid.Text.Length + 1)..], out resource);
        }

        if (!Jid.TryParse(address, out var jid) || jid.Bare != _jid) return false;
        resource = jid.Resource;
        return true;
    }

    private async ValueTask<Stanza?> TryReceiveAsync(Stanza stanza, string? resource)
    {
        try
        {
            return await ReceiveAsync(stanza, resource);
        }
        catch (StorageException exception)
        {
            LogStorageFailed(exception);
            return StanzaAnswers.StorageFailed.AnswerTo(stanza);
        }
    }

    private async ValueTask<Stanza?> ReceiveAsync(Stanza stanza, string? resource)
    {
        var delivery = DeliveryRules.Decide(stanza.Kind, stanza.Type, resource, ResourceStates);
        switch (delivery.Verdict)
        {
            case DeliveryVerdict.Deliver:
                return Deliver(stanza, delivery.Resources) ? null : StanzaError.ResourceConstraint.AnswerTo(stanza);
            case DeliveryVerdict.Store:
                return await TryStoreAsync(stanza) ? null : StanzaError.ServiceUnavailable.AnswerTo(stanza);
            case DeliveryVerdict.Refuse:
                return StanzaError.ServiceUnavailable.AnswerTo(stanza);
            case DeliveryVerdict.Handle when stanza.Kind == StanzaKind.Presence:
                await HandlePresenceAsync(stanza, resource);
                return null;
            case DeliveryVerdict.Handle:
                return await AnswerQueryAsync(stanza);
            default:
                return null;
        }
    }

    /// <returns>False when nobody took it.</returns>
    private bool Deliver(Stanza stanza, IReadOnlyList<string> resources)
    {
        var sessions = new List<Guid>(resources.Count);
        foreach (var name in resources)
        {
            var session = _resources[name].SessionId;
            if (_lanes.TryAdd(LaneTarget.ToSession(session), new(stanza))) sessions.Add(session);
        }

        if (stanza.Kind == StanzaKind.Message && sessions.Count > 1) _copies.Remember(stanza, [.. sessions]);
        return sessions.Count > 0;
    }

    /// <returns>False when the message is not one to keep, there is no account, or its store is full.</returns>
    private async ValueTask<bool> TryStoreAsync(Stanza message)
    {
        if (_isGuest || !OfflineRules.MayStore(message) || !await ExistsAsync()) return false;
        return await _offline.AddAsync(_jid.Text, message.WithDelay(_jid.Domain, _time.GetUtcNow()), _settings.MaxOfflineMessages);
    }

    private void Bounce(Stanza stanza, StanzaError error)
    {
        if (Jid.TryParse(stanza.From, out var from) && from != _jid && error.AnswerTo(stanza) is { } answer) SendToUser(from, answer);
    }

    /// <summary>P-RT-02: queries to the bare JID, answered on behalf of the account. Every get and set gets exactly one answer.</summary>
    private async ValueTask<Stanza> AnswerQueryAsync(Stanza iq)
    {
        var isOwner = Jid.TryParse(iq.From, out var from) && from.Bare == _jid;
        var query = iq.Children[0];
        switch (query.Namespace)
        {
            case Ns.Roster when isOwner:
                return await AnswerRosterAsync(iq, from!);
            case Ns.Roster:
                return StanzaError.Forbidden.AnswerTo(iq)!;
            case Ns.DiscoInfo when iq.Type == "get" && (isOwner || (from is not null && await IsSubscriberAsync(from))):
                return StanzaAnswers.Result(iq, AccountInfo(iq));
            case Ns.Ping when iq.Type == "get" && isOwner:
                return StanzaAnswers.Result(iq);
            // For every account and none alike, so that nobody learns which ones exist. item-not-found is what clients take as "none".
            case Ns.VCardTemp when iq.Type == "get":
            case Ns.PubSub when iq.Type == "get":
                return StanzaError.ItemNotFound.AnswerTo(iq)!;
            default:
                return StanzaError.ServiceUnavailable.AnswerTo(iq)!;
        }
    }

    private async ValueTask<bool> IsSubscriberAsync(Jid contact) =>
        await ExistsAsync() && (await GetRosterAsync()).IsSubscriber(contact.Bare.Text);

    private static XElement AccountInfo(Stanza iq)
    {
        XNamespace ns = Ns.DiscoInfo;
        var node = iq.TryToXElement(out var xml) ? xml.Element(ns + "query")?.Attribute("node") : null;
        return new(
            ns + "query",
            node is null ? null : new XAttribute("node", node.Value),
            new XElement(ns + "identity", new XAttribute("category", "account"), new XAttribute("type", "registered")),
            new XElement(ns + "feature", new XAttribute("var", Ns.DiscoInfo)));
    }

    private void SendToUser(Jid user, Stanza stanza)
    {
        // Only this domain has users here; what is for elsewhere has no way to go (P-RT-12).
        if (user.Local is null || user.Domain != _jid.Domain) return;
        if (!_lanes.TryAdd(LaneTarget.ToUser(user.Bare.Text), new(stanza))) LogLaneFull(stanza.Kind);
    }
}
