using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Storage;

/// <summary>Messages for users who are away.</summary>
public sealed partial class DomainStore
{
    /// <summary>Rows in one statement: few enough for the parameters that a database takes, and so many that a long list takes few of them.</summary>
    private const int RowsAtOnce = 200;

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

    public async ValueTask<int> PutBackAsync(
        string bareJid, IReadOnlyList<Stanza> older, IReadOnlyList<Stanza> newer, long delivered, int limit)
    {
        byte[][] first = [.. older.Select(StanzaBlob.Encode)];
        byte[][] last = [.. newer.Select(StanzaBlob.Encode)];
        return await WriteAsync(async session =>
        {
            await _dialect.LockOwnerAsync(session, bareJid);
            await RemoveThroughAsync(session, bareJid, delivered);
            var (count, end) = (await session.QueryAsync(
                "SELECT count(*), coalesce(max(id), 0) FROM offline_message WHERE owner = @owner",
                row => (row.GetInt64(0), row.GetInt64(1)),
                ("@owner", bareJid))).Single();
            var room = (int)Math.Max(0, limit - count);
            var firstStored = Math.Min(first.Length, room);
            var lastStored = Math.Min(last.Length, room - firstStored);
            await InsertMessagesAsync(session, bareJid, first.AsMemory(0, firstStored));
            if (firstStored > 0 && count > 0) await MoveToEndAsync(session, bareJid, end);
            await InsertMessagesAsync(session, bareJid, last.AsMemory(0, lastStored));
            return firstStored + lastStored;
        });
    }

    public async ValueTask<IReadOnlyList<(long Id, Stanza Message)>> ReadAsync(string bareJid, int count) =>
        await ReadAsync(session => session.QueryAsync(
            "SELECT id, stanza FROM offline_message WHERE owner = @owner ORDER BY id LIMIT @count",
            row => (row.GetInt64(0), StanzaBlob.Decode(Bytes(row, 1))),
            ("@owner", bareJid),
            ("@count", count)));

    public async ValueTask RemoveThroughAsync(string bareJid, long id) => await WriteAsync(session => RemoveThroughAsync(session, bareJid, id));

    private static Task<int> RemoveThroughAsync(SqlSession session, string bareJid, long id) => session.ExecuteAsync(
        "DELETE FROM offline_message WHERE owner = @owner AND id <= @id", ("@owner", bareJid), ("@id", id));

    private static async Task InsertMessagesAsync(SqlSession session, string bareJid, ReadOnlyMemory<byte[]> blobs)
    {
        for (; blobs.Length > 0; blobs = blobs[Math.Min(RowsAtOnce, blobs.Length)..])
        {
            var rows = Math.Min(RowsAtOnce, blobs.Length);
            var values = string.Join(", ", Enumerable.Range(0, rows).Select(row => $"(@owner, @stanza{row})"));
            (string, object?)[] parameters = [("@owner", bareJid), .. blobs[..rows].ToArray().Select((blob, row) => ($"@stanza{row}", (object?)blob))];
            await session.ExecuteAsync($"INSERT INTO offline_message (owner, stanza) VALUES {values}", parameters);
        }
    }

    /// <summary>
    /// The order is that of the ids, and none is used twice: a removal by an earlier id that is still under way, or tried again, must not meet
    /// a message that has come back.
    /// </summary>
    private static async Task MoveToEndAsync(SqlSession session, string bareJid, long end)
    {
        await session.ExecuteAsync(
            """
            INSERT INTO offline_message (owner, stanza)
            SELECT owner, stanza FROM offline_message WHERE owner = @owner AND id <= @end ORDER BY id
            """,
            ("@owner", bareJid),
            ("@end", end));
        await RemoveThroughAsync(session, bareJid, end);
    }
}
