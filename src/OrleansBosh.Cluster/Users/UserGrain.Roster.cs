using System.Globalization;
using System.Xml.Linq;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>The roster and the subscriptions in it: RFC 6121 §2 and §3 (P-RT-07).</summary>
internal sealed partial class UserGrain
{
    private const int MaxNameLength = 1023;
    private const int MaxGroups = 50;

    private long _lastPush;

    private async ValueTask<Stanza> AnswerRosterAsync(Stanza iq, Jid from)
    {
        if (!iq.TryToXElement(out var xml)) return StanzaError.BadRequest.AnswerTo(iq)!;
        var query = xml.Elements().First();
        if (iq.Type == "set") return await SetRosterAsync(iq, query);
        var roster = await GetRosterAsync();
        if (from.Resource is not null && _resources.TryGetValue(from.Resource, out var resource)) resource.ShowInterest();
        return StanzaAnswers.Result(iq, roster.ToXElement((string?)query.Attribute("ver")));
    }

    private async ValueTask<Stanza> SetRosterAsync(Stanza iq, XElement query)
    {
        var items = query.Elements().ToArray();
        if (items.Length != 1 || items[0].Name != XName.Get("item", Ns.Roster)) return StanzaError.BadRequest.AnswerTo(iq)!;
        var item = items[0];
        if (!Jid.TryParse((string?)item.Attribute("jid"), out var contact)) return StanzaError.JidMalformed.AnswerTo(iq)!;
        if (contact.Bare == _jid) return StanzaError.NotAllowed.AnswerTo(iq)!;
        var roster = await GetRosterAsync();
        var key = contact.Bare.Text;
        if ((string?)item.Attribute("subscription") == "remove") return await RemoveContactAsync(iq, roster, key);

        var name = (string?)item.Attribute("name");
        var groups = item.Elements(XName.Get("group", Ns.Roster)).Select(group => group.Value).ToArray();
        if (groups.Distinct(StringComparer.Ordinal).Count() < groups.Length) return StanzaError.BadRequest.AnswerTo(iq)!;
        var isTooLong = name?.Length > MaxNameLength || groups.Length > MaxGroups;
        if (isTooLong || groups.Any(group => group.Length is 0 or > MaxNameLength)) return StanzaError.NotAcceptable.AnswerTo(iq)!;
        if (!HasRoomFor(roster, key)) return StanzaError.ResourceConstraint.AnswerTo(iq, "The roster is full.")!;
        await roster.SetNameAsync(key, string.IsNullOrEmpty(name) ? null : name, [.. groups.Order(StringComparer.Ordinal)]);
        Push(roster, key);
        return StanzaAnswers.Result(iq);
    }

    private async ValueTask<Stanza> RemoveContactAsync(Stanza iq, Roster roster, string contact)
    {
        if (!roster.Contains(contact)) return StanzaError.ItemNotFound.AnswerTo(iq)!;
        var state = roster.StateOf(contact);
        await roster.RemoveAsync(contact);
        Push(roster, contact);
        TellContactOfRemoval(contact, state);
        return StanzaAnswers.Result(iq);
    }

    /// <summary>RFC 6121 §2.5.2: removing a contact ends the subscriptions in both directions.</summary>
    private void TellContactOfRemoval(string contact, SubscriptionState state)
    {
        if (state.To || state.PendingOut) SendToContact(contact, Presence("unsubscribe", _jid));
        if (state.From || state.PendingIn) SendToContact(contact, Presence("unsubscribed", _jid));
        if (state.From) ShowPresence(contact, isVisible: false);
    }

    private async ValueTask<StanzaError?> SendSubscriptionAsync(Jid contact, Stanza presence)
    {
        if (contact == _jid) return null; // everybody sees himself anyway
        if (contact.Domain != _jid.Domain || contact.Local is null) return StanzaError.RemoteServerNotFound;
        var roster = await GetRosterAsync();
        var old = roster.StateOf(contact.Text);
        var step = SubscriptionRules.Outbound(old, presence.Type!);
        if (step.Push && !HasRoomFor(roster, contact.Text)) return StanzaError.ResourceConstraint;
        await roster.SetStateAsync(contact.Text, step.State);
        if (step.Push) Push(roster, contact.Text);
        if (step.Route) SendToContact(contact.Text, presence.WithFrom(_jid.Text));
        if (old.From != step.State.From) ShowPresence(contact.Text, step.State.From);
        return null;
    }

    private async ValueTask ReceiveSubscriptionAsync(Jid contact, Stanza presence)
    {
        var roster = await GetRosterAsync();
        var old = roster.StateOf(contact.Text);
        var step = SubscriptionRules.Inbound(old, presence.Type!);
        // Requests of strangers must not grow without bound; who is not shown may ask again.
        if (step.State.PendingIn && !old.PendingIn && roster.Requests.Count >= _settings.MaxRosterItems) return;
        var shown = presence.With(presence.Header with { From = contact.Text, To = _jid.Text });
        await roster.SetStateAsync(contact.Text, step.State, shown);
        if (step.Deliver) SendToOwn(shown);
        if (step.Push) Push(roster, contact.Text);
        if (step.AutoReply is { } reply)
        {
            SendToContact(contact.Text, Presence(reply, _jid));
            ShowPresence(contact.Text, isVisible: true);
        }
        else if (old.From && !step.State.From)
        {
            ShowPresence(contact.Text, isVisible: false);
        }
    }

    private bool HasRoomFor(Roster roster, string contact) => roster.Contains(contact) || roster.Count < _settings.MaxRosterItems;

    /// <summary>Tells every resource that has asked for the roster how this contact stands now.</summary>
    private void Push(Roster roster, string contact)
    {
        var id = "push" + (++_lastPush).ToString(CultureInfo.InvariantCulture);
        foreach (var resource in _resources.Values)
        {
            if (!resource.Claim.IsInterested) continue;
            var header = new StanzaHeader(From: _jid.Text, To: FullJid(resource).Text, Id: id, Type: "set", Lang: null);
            _lanes.TryAdd(LaneTarget.ToSession(resource.SessionId), new(Stanza.Create("iq", header, roster.ToPush(contact))));
        }
    }
}
