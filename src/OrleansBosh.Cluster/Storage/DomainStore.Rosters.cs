using System.Text.Json;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Storage;

/// <summary>Rosters and subscription requests.</summary>
public sealed partial class DomainStore
{
    public async ValueTask<StoredRoster> LoadAsync(string bareJid) => await ReadAsync(async session =>
    {
        var owner = ("@owner", (object?)bareJid);
        var versions = await session.QueryAsync("SELECT version FROM roster WHERE owner = @owner", row => row.GetInt64(0), owner);
        var items = await session.QueryAsync(
            """
            SELECT contact, name, subscription, is_pending_out, is_approved, group_names
            FROM roster_item WHERE owner = @owner ORDER BY contact
            """,
            row => new StoredRosterItem(
                Contact: row.GetString(0),
                Name: row.IsDBNull(1) ? null : row.GetString(1),
                Subscription: row.GetString(2),
                IsPendingOut: row.GetBoolean(3),
                IsApproved: row.GetBoolean(4),
                Groups: JsonSerializer.Deserialize<string[]>(row.GetString(5)) ?? []),
            owner);
        var requests = await session.QueryAsync(
            "SELECT stanza FROM subscription_request WHERE owner = @owner ORDER BY contact",
            row => StanzaBlob.Decode(Bytes(row, 0)),
            owner);
        return new StoredRoster(items, requests, versions.SingleOrDefault());
    });

    public async ValueTask SaveItemAsync(string bareJid, StoredRosterItem item, long version)
    {
        var groups = JsonSerializer.Serialize(item.Groups);
        await WriteAsync(async session =>
        {
            await SetVersionAsync(session, bareJid, version);
            return await session.ExecuteAsync(
                """
                INSERT INTO roster_item (owner, contact, name, subscription, is_pending_out, is_approved, group_names)
                VALUES (@owner, @contact, @name, @subscription, @isPendingOut, @isApproved, @groups)
                ON CONFLICT (owner, contact) DO UPDATE SET
                    name = excluded.name, subscription = excluded.subscription, is_pending_out = excluded.is_pending_out,
                    is_approved = excluded.is_approved, group_names = excluded.group_names
                """,
                ("@owner", bareJid),
                ("@contact", item.Contact),
                ("@name", item.Name),
                ("@subscription", item.Subscription),
                ("@isPendingOut", item.IsPendingOut),
                ("@isApproved", item.IsApproved),
                ("@groups", groups));
        });
    }

    public async ValueTask RemoveItemAsync(string bareJid, string contact, long version) => await WriteAsync(async session =>
    {
        await SetVersionAsync(session, bareJid, version);
        return await session.ExecuteAsync(
            "DELETE FROM roster_item WHERE owner = @owner AND contact = @contact", ("@owner", bareJid), ("@contact", contact));
    });

    public async ValueTask SaveRequestAsync(string bareJid, string contact, Stanza request)
    {
        var blob = StanzaBlob.Encode(request);
        await WriteAsync(session => session.ExecuteAsync(
            """
            INSERT INTO subscription_request (owner, contact, stanza) VALUES (@owner, @contact, @stanza)
            ON CONFLICT (owner, contact) DO UPDATE SET stanza = excluded.stanza
            """,
            ("@owner", bareJid),
            ("@contact", contact),
            ("@stanza", blob)));
    }

    public async ValueTask RemoveRequestAsync(string bareJid, string contact) => await WriteAsync(session => session.ExecuteAsync(
        "DELETE FROM subscription_request WHERE owner = @owner AND contact = @contact", ("@owner", bareJid), ("@contact", contact)));

    private static Task<int> SetVersionAsync(SqlSession session, string owner, long version) => session.ExecuteAsync(
        "INSERT INTO roster (owner, version) VALUES (@owner, @version) ON CONFLICT (owner) DO UPDATE SET version = excluded.version",
        ("@owner", owner),
        ("@version", version));
}
