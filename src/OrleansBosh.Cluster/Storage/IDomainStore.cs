using OrleansBosh.Protocol.Sasl;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Storage;

/// <summary>
/// Accounts of the embedded domain. All stores: a call that returns has stored; one that cannot store throws
/// <see cref="StorageException"/>, and the caller refuses the stanza to its sender. Calls never block a grain's turn.
/// </summary>
public interface IAccountStore
{
    ValueTask<ScramCredentials?> FindAsync(string domain, string local);

    /// <returns>False when the account exists already.</returns>
    ValueTask<bool> AddAsync(string domain, string local, ScramCredentials credentials);

    /// <returns>False when there is no such account.</returns>
    ValueTask<bool> SetCredentialsAsync(string domain, string local, ScramCredentials credentials);

    /// <summary>Removes the account with its roster, its subscription requests and its offline messages.</summary>
    /// <returns>False when there is no such account.</returns>
    ValueTask<bool> RemoveAsync(string domain, string local);

    /// <summary>The local parts of all accounts of the domain, sorted.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(string domain);
}

/// <summary>One roster item as stored: <paramref name="Subscription"/> is <c>none</c>, <c>to</c>, <c>from</c> or <c>both</c>.</summary>
/// <param name="Contact">Bare JID.</param>
/// <param name="Name">The user's own name for the contact, or null.</param>
/// <param name="Subscription">The state of RFC 6121 §2.1.2.5.</param>
/// <param name="IsPendingOut">A subscription request is unanswered (<c>ask='subscribe'</c>).</param>
/// <param name="IsApproved">The contact is pre-approved.</param>
/// <param name="Groups">Sorted, without repeats.</param>
public sealed record StoredRosterItem(
    string Contact, string? Name, string Subscription, bool IsPendingOut, bool IsApproved, IReadOnlyList<string> Groups);

/// <summary>A roster with the inbound requests that wait for the user's answer.</summary>
/// <param name="Items">The roster proper.</param>
/// <param name="Requests">The last <c>subscribe</c> presence of each contact that waits for an answer.</param>
/// <param name="Version">Grows with each change of <paramref name="Items"/> (roster versioning).</param>
public sealed record StoredRoster(IReadOnlyList<StoredRosterItem> Items, IReadOnlyList<Stanza> Requests, long Version);

public interface IRosterStore
{
    ValueTask<StoredRoster> LoadAsync(string bareJid);

    /// <summary>Inserts or replaces an item and stores the roster's new version.</summary>
    ValueTask SaveItemAsync(string bareJid, StoredRosterItem item, long version);

    ValueTask RemoveItemAsync(string bareJid, string contact, long version);

    /// <summary>Keeps an unanswered request; a later one of the same contact replaces it.</summary>
    ValueTask SaveRequestAsync(string bareJid, string contact, Stanza request);

    ValueTask RemoveRequestAsync(string bareJid, string contact);
}

public interface IOfflineStore
{
    /// <summary>Stores one message for a user who is away.</summary>
    /// <param name="bareJid">The receiver.</param>
    /// <param name="message">The message, complete with its delay stamp.</param>
    /// <param name="limit">How many messages the user may have in store.</param>
    /// <returns>False when the store of this user is full; nothing was stored.</returns>
    ValueTask<bool> AddAsync(string bareJid, Stanza message, int limit);

    /// <summary>Stores what a session had and its client has not seen, at once and as far as there is room.</summary>
    /// <param name="bareJid">The receiver.</param>
    /// <param name="older">
    /// Messages that come before all that is in store, in order, because they have been there before. The others get new ids then, so nobody
    /// may be about to deliver them.
    /// </param>
    /// <param name="newer">Messages that come behind it, in order.</param>
    /// <param name="delivered">Messages up to and including this id have been delivered; they are removed before.</param>
    /// <param name="limit">How many messages the user may have in store.</param>
    /// <returns>How many were stored: the first of <paramref name="older"/> and then <paramref name="newer"/>.</returns>
    ValueTask<int> PutBackAsync(string bareJid, IReadOnlyList<Stanza> older, IReadOnlyList<Stanza> newer, long delivered, int limit);

    /// <summary>Up to <paramref name="count"/> of the oldest messages with their ids, without removing them.</summary>
    ValueTask<IReadOnlyList<(long Id, Stanza Message)>> ReadAsync(string bareJid, int count);

    /// <summary>Removes delivered messages up to and including this id.</summary>
    ValueTask RemoveThroughAsync(string bareJid, long id);
}
