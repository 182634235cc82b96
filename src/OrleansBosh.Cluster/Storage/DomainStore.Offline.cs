using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Storage;

/// <summary>Messages for users who are away.</summary>
public sealed partial class DomainStore
{
    public async ValueTask<bool> AddAsync(string bareJid, Stanza message, int limit)
    {
        var blob = StanzaBlob.Encode(message);
        return await WriteAsync(async session =>
        {
            // Without the lock, two nodes could each find the last free place.
            await _dialect.LockOwnerAsync(session, bareJid);
            return await session.ExecuteAsync(
                """
                INSERT INTO offline_message (owner, stanza) SELECT @owner, @stanza
                WHERE (SELECT count(*) FROM offline_message WHERE owner = @owner) < @limit
                """,
                ("@owner", bareJid),
                ("@stanza", blob),
                ("@limit", limit)) > 0;
        });
    }

    public async ValueTask<IReadOnlyList<(long Id, Stanza Message)>> ReadAsync(string bareJid, int count) =>
        await ReadAsync(session => session.QueryAsync(
            "SELECT id, stanza FROM offline_message WHERE owner = @owner ORDER BY id LIMIT @count",
            row => (row.GetInt64(0), StanzaBlob.Decode(Bytes(row, 1))),
            ("@owner", bareJid),
            ("@count", count)));

    public async ValueTask RemoveThroughAsync(string bareJid, long id) => await WriteAsync(session => session.ExecuteAsync(
        "DELETE FROM offline_message WHERE owner = @owner AND id <= @id", ("@owner", bareJid), ("@id", id)));
}
