using System.Security.Cryptography;
using Npgsql;

namespace OrleansBosh.Cluster.Database;

/// <summary>The table <c>cluster_secret</c>.</summary>
internal sealed class SecretTable(NpgsqlDataSource dataSource)
{
    public const string SessionId = "session-id";
    public const string ScramDecoy = "scram-decoy";

    private const int SecretBytes = 32;

    private static readonly TimeSpan Tick = TimeSpan.FromMicroseconds(1);

    /// <summary>Makes the first secret for each purpose that has none. Of several nodes that try at once, one does.</summary>
    public async Task MakeFirstAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var purpose in new[] { SessionId, ScramDecoy })
        {
            await using var insert = dataSource.CreateCommand(
                """
                INSERT INTO cluster_secret (purpose, number, secret, created_at) SELECT @purpose, 0, @secret, @now
                WHERE NOT EXISTS (SELECT 1 FROM cluster_secret WHERE purpose = @purpose)
                ON CONFLICT DO NOTHING
                """);
            insert.Parameters.Add(new("purpose", purpose));
            insert.Parameters.Add(new("secret", RandomNumberGenerator.GetBytes(SecretBytes)));
            insert.Parameters.Add(new("now", now.UtcDateTime));
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>The secrets for a purpose, the newest first.</summary>
    public async Task<IReadOnlyList<StoredSecret>> ReadAsync(string purpose, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await ReadAsync(connection, purpose, cancellationToken);
    }

    /// <summary>Adds a key for session ids and removes all but the last one before. Not while that one has yet to come into force.</summary>
    /// <returns>The keys afterwards, the newest first; unchanged where it was too early.</returns>
    public async Task<(bool IsRotated, IReadOnlyList<StoredSecret> Keys)> RotateAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Of two commands at the same moment the second finds the first one's key.
        await RunAsync(connection, "LOCK TABLE cluster_secret IN SHARE ROW EXCLUSIVE MODE", [], cancellationToken);
        var keys = await ReadAsync(connection, SessionId, cancellationToken);
        if (keys.Count > 1 && !KeySchedule.IsInForce(keys[0], now)) return (false, keys);

        var last = keys[0];
        // The age tells the order, even where a clock was set back. PostgreSQL keeps microseconds.
        var made = now > last.CreatedAt + Tick ? now : last.CreatedAt + Tick;
        var next = new StoredSecret((byte)(last.Number + 1), RandomNumberGenerator.GetBytes(SecretBytes), made);
        await RunAsync(
            connection,
            "DELETE FROM cluster_secret WHERE purpose = @purpose AND number <> @last",
            [new("purpose", SessionId), new("last", (short)last.Number)],
            cancellationToken);
        await RunAsync(
            connection,
            "INSERT INTO cluster_secret (purpose, number, secret, created_at) VALUES (@purpose, @number, @secret, @now)",
            [new("purpose", SessionId), new("number", (short)next.Number), new("secret", next.Secret), new("now", made.UtcDateTime)],
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (true, [next, last]);
    }

    private static async Task RunAsync(
        NpgsqlConnection connection, string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<IReadOnlyList<StoredSecret>> ReadAsync(
        NpgsqlConnection connection, string purpose, CancellationToken cancellationToken)
    {
        await using var query = new NpgsqlCommand(
            "SELECT number, secret, created_at FROM cluster_secret WHERE purpose = @purpose ORDER BY created_at DESC", connection)
        {
            Parameters = { new("purpose", purpose) },
        };
        await using var reader = await query.ExecuteReaderAsync(cancellationToken);
        var secrets = new List<StoredSecret>();
        while (await reader.ReadAsync(cancellationToken))
        {
            secrets.Add(new((byte)reader.GetInt16(0), reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<DateTimeOffset>(2)));
        }

        return secrets;
    }
}
