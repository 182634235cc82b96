using System.Data.Common;
using OrleansBosh.Protocol.Sasl;

namespace OrleansBosh.Cluster.Storage;

/// <summary>
/// Accounts, rosters and offline messages in a database. Writes go through one <see cref="WriteQueue"/>, reads through a
/// <see cref="ReaderPool"/>; a read sees every write whose call has returned. The SQL here is common to SQLite and PostgreSQL; whatever
/// is not belongs into a <see cref="SqlDialect"/>.
/// </summary>
public sealed partial class DomainStore : IAccountStore, IRosterStore, IOfflineStore, IAsyncDisposable
{
    private readonly SqlDialect _dialect;
    private readonly WriteQueue _writes;
    private readonly ReaderPool _reads;

    private DomainStore(SqlDialect dialect, DbConnection writer)
    {
        _dialect = dialect;
        _writes = new(dialect, writer);
        _reads = new(dialect);
    }

    /// <summary>What is open, for messages to the operator.</summary>
    public string Location => _dialect.Location;

    /// <summary>Opens the database and creates what is missing of it.</summary>
    /// <exception cref="StorageOpenException">Not possible; the message is one line for the operator.</exception>
    public static Task<DomainStore> OpenAsync(SqlDialect dialect) => Task.Run(() =>
    {
        dialect.Prepare();
        var writer = dialect.OpenWriter();
        try
        {
            dialect.ApplySchema(writer);
            return new DomainStore(dialect, writer);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    });

    /// <summary>Finishes the writes that were accepted, and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writes.DisposeAsync();
        await _reads.DisposeAsync();
    }

    public async ValueTask<ScramCredentials?> FindAsync(string domain, string local)
    {
        var keys = await ReadAsync(session => session.Query(
            "SELECT hash, salt, iterations, stored_key, server_key FROM account_key WHERE domain = @domain AND local = @local",
            row => (Hash: row.GetString(0), Keys: new ScramKeys(Bytes(row, 1), row.GetInt32(2), Bytes(row, 3), Bytes(row, 4))),
            ("@domain", domain),
            ("@local", local)));
        return keys.Count == 0 ? null : new(KeysOf("SHA-1"), KeysOf("SHA-256"), KeysOf("SHA-512"));

        ScramKeys KeysOf(string hash) => keys.SingleOrDefault(key => key.Hash == hash).Keys
            ?? throw new StorageException($"{Location}: the account {local}@{domain} has no {hash} key.");
    }

    public ValueTask<bool> AddAsync(string domain, string local, ScramCredentials credentials) => WriteAsync(session =>
    {
        var added = session.Execute(
            "INSERT INTO account (domain, local) VALUES (@domain, @local) ON CONFLICT DO NOTHING", ("@domain", domain), ("@local", local));
        if (added == 0) return false;

        // A message that was on its way when an earlier account of this name was removed must not reach its new owner.
        RemoveOwned(session, Owner(domain, local));
        InsertKeys(session, domain, local, credentials);
        return true;
    });

    public ValueTask<bool> SetCredentialsAsync(string domain, string local, ScramCredentials credentials) => WriteAsync(session =>
    {
        var removed = session.Execute(
            "DELETE FROM account_key WHERE domain = @domain AND local = @local", ("@domain", domain), ("@local", local));
        if (removed == 0) return false;
        InsertKeys(session, domain, local, credentials);
        return true;
    });

    public ValueTask<bool> RemoveAsync(string domain, string local) => WriteAsync(session =>
    {
        // Also without an account: a guest has none, but may have left something.
        RemoveOwned(session, Owner(domain, local));
        return session.Execute(
            "DELETE FROM account WHERE domain = @domain AND local = @local", ("@domain", domain), ("@local", local)) > 0;
    });

    public async ValueTask<IReadOnlyList<string>> ListAsync(string domain)
    {
        var names = await ReadAsync(session => session.Query(
            "SELECT local FROM account WHERE domain = @domain", row => row.GetString(0), ("@domain", domain)));

        // Not in SQL, where the order depends on the database's collation.
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Runs statements in a transaction that is committed when the call returns.</summary>
    internal async ValueTask<T> WriteAsync<T>(Func<SqlSession, T> write) => await _writes.RunAsync(write);

    private async ValueTask<T> ReadAsync<T>(Func<SqlSession, T> read) => await _reads.RunAsync(read);

    private static void InsertKeys(SqlSession session, string domain, string local, ScramCredentials credentials)
    {
        Insert("SHA-1", credentials.Sha1);
        Insert("SHA-256", credentials.Sha256);
        Insert("SHA-512", credentials.Sha512);

        void Insert(string hash, ScramKeys keys) => session.Execute(
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

    /// <summary>Removes everything that is kept for a bare JID.</summary>
    private void RemoveOwned(SqlSession session, string owner)
    {
        _dialect.LockOwner(session, owner);
        session.Execute("DELETE FROM roster WHERE owner = @owner", ("@owner", owner)); // and with it its items
        session.Execute("DELETE FROM subscription_request WHERE owner = @owner", ("@owner", owner));
        session.Execute("DELETE FROM offline_message WHERE owner = @owner", ("@owner", owner));
    }

    private static string Owner(string domain, string local) => $"{local}@{domain}";

    private static byte[] Bytes(DbDataReader row, int column) => row.GetFieldValue<byte[]>(column);
}
