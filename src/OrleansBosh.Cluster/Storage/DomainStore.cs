using System.Data.Common;
using OrleansBosh.Protocol.Sasl;

namespace OrleansBosh.Cluster.Storage;

/// <summary>
/// Accounts, rosters and offline messages in a database. A read sees every write whose call has returned. The SQL here is common to SQLite
/// and PostgreSQL; whatever is not belongs into a <see cref="SqlDialect"/>.
/// </summary>
public sealed partial class DomainStore : IAccountStore, IRosterStore, IOfflineStore, IAsyncDisposable
{
    private readonly SqlDialect _dialect;
    private readonly ISqlRunner _runner;

    private DomainStore(SqlDialect dialect, ISqlRunner runner)
    {
        _dialect = dialect;
        _runner = runner;
    }

    /// <summary>What is open, for messages to the operator.</summary>
    public string Location => _dialect.Location;

    /// <summary>Opens the database and creates what is missing of it.</summary>
    /// <exception cref="StorageOpenException">Not possible; the message is one line for the operator.</exception>
    public static async Task<DomainStore> OpenAsync(SqlDialect dialect) => new(dialect, await dialect.OpenAsync());

    /// <summary>Finishes the writes that were accepted, and closes the database.</summary>
    public ValueTask DisposeAsync() => _runner.DisposeAsync();

    public async ValueTask<ScramCredentials?> FindAsync(string domain, string local)
    {
        var keys = await ReadAsync(session => session.QueryAsync(
            "SELECT hash, salt, iterations, stored_key, server_key FROM account_key WHERE domain = @domain AND local = @local",
            row => (Hash: row.GetString(0), Keys: new ScramKeys(Bytes(row, 1), row.GetInt32(2), Bytes(row, 3), Bytes(row, 4))),
            ("@domain", domain),
            ("@local", local)));
        return keys.Count == 0 ? null : new(KeysOf("SHA-1"), KeysOf("SHA-256"), KeysOf("SHA-512"));

        ScramKeys KeysOf(string hash) => keys.SingleOrDefault(key => key.Hash == hash).Keys
            ?? throw new StorageException($"{Location}: the account {local}@{domain} has no {hash} key.");
    }

    public ValueTask<bool> AddAsync(string domain, string local, ScramCredentials credentials) => WriteAsync(async session =>
    {
        var owner = Owner(domain, local);
        await _dialect.LockOwnerAsync(session, owner);
        var added = await session.ExecuteAsync(
            "INSERT INTO account (domain, local) VALUES (@domain, @local) ON CONFLICT DO NOTHING", ("@domain", domain), ("@local", local));
        if (added == 0) return false;

        // A message that was on its way when an earlier account of this name was removed must not reach its new owner.
        await RemoveOwnedAsync(session, owner);
        await InsertKeysAsync(session, domain, local, credentials);
        return true;
    });

    public ValueTask<bool> SetCredentialsAsync(string domain, string local, ScramCredentials credentials) => WriteAsync(async session =>
    {
        await _dialect.LockOwnerAsync(session, Owner(domain, local));
        var removed = await session.ExecuteAsync(
            "DELETE FROM account_key WHERE domain = @domain AND local = @local", ("@domain", domain), ("@local", local));
        if (removed == 0) return false;
        await InsertKeysAsync(session, domain, local, credentials);
        return true;
    });

    public ValueTask<bool> RemoveAsync(string domain, string local) => WriteAsync(async session =>
    {
        // Also without an account: a guest has none, but may have left something.
        var owner = Owner(domain, local);
        await _dialect.LockOwnerAsync(session, owner);
        await RemoveOwnedAsync(session, owner);
        return await session.ExecuteAsync(
            "DELETE FROM account WHERE domain = @domain AND local = @local", ("@domain", domain), ("@local", local)) > 0;
    });

    public async ValueTask<IReadOnlyList<string>> ListAsync(string domain)
    {
        var names = await ReadAsync(session => session.QueryAsync(
            "SELECT local FROM account WHERE domain = @domain", row => row.GetString(0), ("@domain", domain)));

        // Not in SQL, where the order depends on the database's collation.
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Runs statements in a transaction that is committed when the call returns.</summary>
    internal async ValueTask<T> WriteAsync<T>(Func<SqlSession, Task<T>> write) => await _runner.WriteAsync(write);

    private async ValueTask<T> ReadAsync<T>(Func<SqlSession, Task<T>> read) => await _runner.ReadAsync(read);

    private static async Task InsertKeysAsync(SqlSession session, string domain, string local, ScramCredentials credentials)
    {
        await InsertAsync("SHA-1", credentials.Sha1);
        await InsertAsync("SHA-256", credentials.Sha256);
        await InsertAsync("SHA-512", credentials.Sha512);

        Task InsertAsync(string hash, ScramKeys keys) => session.ExecuteAsync(
            """
            INSERT INTO account_key (domain, local, hash, salt, iterations, stored_key, server_key)
            VALUES (@domain, @local, @hash, @salt, @iterations, @storedKey, @serverKey)
            """,
            ("@domain", domain),
            ("@local", local),
            ("@hash", hash),
            ("@salt", keys.Salt),
            ("@iterations", keys.Iterations),
            ("@storedKey", keys.StoredKey),
            ("@serverKey", keys.ServerKey));
    }

    /// <summary>Removes everything that is kept for a bare JID, which the caller has locked.</summary>
    private static async Task RemoveOwnedAsync(SqlSession session, string owner)
    {
        await session.ExecuteAsync("DELETE FROM roster WHERE owner = @owner", ("@owner", owner)); // and with it its items
        await session.ExecuteAsync("DELETE FROM subscription_request WHERE owner = @owner", ("@owner", owner));
        await session.ExecuteAsync("DELETE FROM offline_message WHERE owner = @owner", ("@owner", owner));
    }

    private static string Owner(string domain, string local) => $"{local}@{domain}";

    private static byte[] Bytes(DbDataReader row, int column) => row.GetFieldValue<byte[]>(column);
}
