using System.Globalization;
using System.Xml.Linq;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// A user's contacts and unanswered requests in memory, written through: a change is stored first, and if that throws, nothing has
/// changed. Without a store (guests) it lives as long as the object.
/// </summary>
internal sealed class Roster
{
    private static readonly XName Query = XName.Get("query", Ns.Roster);
    private static readonly XName Item = XName.Get("item", Ns.Roster);
    private static readonly XName Group = XName.Get("group", Ns.Roster);

    private readonly string _owner;
    private readonly IRosterStore? _store;
    private readonly Dictionary<string, StoredRosterItem> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Stanza> _requests = new(StringComparer.Ordinal);
    private long _version;

    private Roster(string owner, IRosterStore? store)
    {
        _owner = owner;
        _store = store;
    }

    /// <exception cref="StorageException">The store is out of order.</exception>
    public static async ValueTask<Roster> LoadAsync(string owner, IRosterStore? store)
    {
        var roster = new Roster(owner, store);
        if (store is null) return roster;
        var stored = await store.LoadAsync(owner);
        roster._version = stored.Version;
        foreach (var item in stored.Items) roster._items[item.Contact] = item;
        foreach (var request in stored.Requests)
        {
            if (request.From is not null) roster._requests[request.From] = request;
        }

        return roster;
    }

    public int Count => _items.Count;

    /// <summary>Unanswered requests, to be shown at each login until they are answered (P-RT-07).</summary>
    public IReadOnlyCollection<Stanza> Requests => _requests.Values;

    /// <summary>Who gets the user's presence.</summary>
    public IEnumerable<string> Subscribers =>
        _items.Values.Where(item => item.Subscription is "from" or "both").Select(item => item.Contact);

    /// <summary>Whose presence the user gets.</summary>
    public IEnumerable<string> Subscriptions =>
        _items.Values.Where(item => item.Subscription is "to" or "both").Select(item => item.Contact);

    /// <summary>Everybody with whom there is a relation, in the roster or by a request.</summary>
    public IReadOnlyList<string> Contacts => [.. _items.Keys.Union(_requests.Keys, StringComparer.Ordinal)];

    private string Version => _version.ToString(CultureInfo.InvariantCulture);

    public bool Contains(string contact) => _items.ContainsKey(contact);

    public bool IsSubscriber(string contact) => StateOf(contact).From;

    public SubscriptionState StateOf(string contact)
    {
        var item = _items.GetValueOrDefault(contact);
        var from = item?.Subscription is "from" or "both";
        return new(
            To: item?.Subscription is "to" or "both",
            From: from,
            PendingOut: item?.IsPendingOut == true,
            // A crash between two writes may have left a request that is answered.
            PendingIn: !from && _requests.ContainsKey(contact),
            Approved: item?.IsApproved == true);
    }

    /// <summary>Stores a new subscription state.</summary>
    /// <param name="contact">Bare JID.</param>
    /// <param name="state">The new state.</param>
    /// <param name="request">The contact's request, where the state has one pending.</param>
    public async ValueTask SetStateAsync(string contact, SubscriptionState state, Stanza? request = null)
    {
        var old = StateOf(contact);
        if (old with { PendingIn = false } != state with { PendingIn = false })
        {
            var item = _items.GetValueOrDefault(contact) ?? new(contact, null, "none", false, false, []);
            await SaveAsync(item with { Subscription = state.Name, IsPendingOut = state.PendingOut, IsApproved = state.Approved });
        }

        if (state.PendingIn && request is not null)
        {
            if (_store is not null) await _store.SaveRequestAsync(_owner, contact, request);
            _requests[contact] = request;
        }
        else if (!state.PendingIn && _requests.ContainsKey(contact))
        {
            if (_store is not null) await _store.RemoveRequestAsync(_owner, contact);
            _requests.Remove(contact);
        }
    }

    /// <summary>The user names or groups a contact; a new one begins without subscriptions.</summary>
    public ValueTask SetNameAsync(string contact, string? name, IReadOnlyList<string> groups)
    {
        var item = _items.GetValueOrDefault(contact) ?? new(contact, null, "none", false, false, []);
        return SaveAsync(item with { Name = name, Groups = groups });
    }

    public async ValueTask RemoveAsync(string contact)
    {
        if (_store is not null) await _store.RemoveItemAsync(_owner, contact, _version + 1);
        _version++;
        _items.Remove(contact);
        if (!_requests.ContainsKey(contact)) return;
        if (_store is not null) await _store.RemoveRequestAsync(_owner, contact);
        _requests.Remove(contact);
    }

    /// <summary>The answer to a roster get; null when the client's version is the current one (RFC 6121 §2.6.3).</summary>
    public XElement? ToXElement(string? knownVersion) =>
        knownVersion == Version ? null : new(Query, new XAttribute("ver", Version), _items.Values.Select(Describe));

    /// <summary>The content of a roster push for this contact, who may have been removed.</summary>
    public XElement ToPush(string contact) => new(
        Query,
        new XAttribute("ver", Version),
        _items.TryGetValue(contact, out var item)
            ? Describe(item)
            : new XElement(Item, new XAttribute("jid", contact), new XAttribute("subscription", "remove")));

    private async ValueTask SaveAsync(StoredRosterItem item)
    {
        if (_store is not null) await _store.SaveItemAsync(_owner, item, _version + 1);
        _version++;
        _items[item.Contact] = item;
    }

    private static XElement Describe(StoredRosterItem item) => new(
        Item,
        new XAttribute("jid", item.Contact),
        item.Name is null ? null : new XAttribute("name", item.Name),
        new XAttribute("subscription", item.Subscription),
        item.IsPendingOut ? new XAttribute("ask", "subscribe") : null,
        item.IsApproved ? new XAttribute("approved", "true") : null,
        item.Groups.Select(group => new XElement(Group, group)));
}
