using System.Data.Common;

namespace OrleansBosh.Cluster.Storage;

/// <summary>
/// What differs between database systems: how to connect, lock and explain an error. The statements themselves are in
/// <see cref="DomainStore"/> and are understood by SQLite and PostgreSQL alike.
/// </summary>
public abstract class SqlDialect
{
    /// <summary>The schema that this program reads and writes; the script for it carries the same number.</summary>
    internal const int SchemaVersion = 1;

    /// <summary>What is opened, for messages to the operator: never with a password in it.</summary>
    public abstract string Location { get; }

    /// <summary>Connections for reading that are open at the same time, at most.</summary>
    internal abstract int ReaderCount { get; }

    /// <summary>
    /// Writes in one transaction, at most. A database that several nodes write to wants few: each holds the locks of its owners until
    /// the transaction ends, and two nodes that lock the same owners in different order wait for each other.
    /// </summary>
    internal abstract int BatchSize { get; }

    /// <summary>The script that makes the schema and leaves an existing one alone.</summary>
    internal abstract string SchemaScript { get; }

    /// <summary>Creates what the database lives in, as far as that is ours to create. Called once, before everything else.</summary>
    /// <exception cref="StorageOpenException">That is not possible.</exception>
    internal abstract void Prepare();

    /// <exception cref="StorageOpenException">Not there, not readable, not a database.</exception>
    internal abstract DbConnection OpenWriter();

    /// <exception cref="StorageOpenException">Not there, not readable, not a database.</exception>
    internal abstract DbConnection OpenReader();

    /// <summary>Begins a transaction that is going to write.</summary>
    /// <exception cref="StorageException">What is written now would be lost.</exception>
    internal abstract DbTransaction BeginWrite(DbConnection connection);

    /// <summary>Begins a transaction whose queries all see the same state, one that holds every completed write.</summary>
    internal abstract DbTransaction BeginRead(DbConnection connection);

    /// <summary>Makes other nodes that start at the same time wait until this transaction ends.</summary>
    internal abstract void LockSchema(SqlSession session);

    /// <summary>Makes other writers of the same owner's data wait until this transaction ends.</summary>
    internal abstract void LockOwner(SqlSession session, string owner);

    /// <summary>Whether the script has run before.</summary>
    internal abstract bool HasSchema(SqlSession session);

    /// <summary>Half a sentence for people, such as "the disk is full".</summary>
    internal abstract string Explain(DbException exception);

    /// <summary>Creates what is missing of the schema.</summary>
    /// <exception cref="StorageOpenException">The schema is of a newer version, or cannot be written.</exception>
    internal void ApplySchema(DbConnection connection)
    {
        try
        {
            ApplyOrThrow(connection);
        }
        catch (DbException e)
        {
            throw new StorageOpenException($"{Location} cannot be set up: {Explain(e)}.", e);
        }
    }

    private void ApplyOrThrow(DbConnection connection)
    {
        using var transaction = BeginWrite(connection);
        var session = new SqlSession(connection, transaction);
        LockSchema(session);
        if (HasSchema(session))
        {
            var version = session.Query("SELECT version FROM schema_version", row => row.GetInt64(0)).SingleOrDefault();
            if (version > SchemaVersion)
            {
                throw new StorageOpenException(
                    $"{Location} was written by a newer version of this program (schema {version}; this one knows {SchemaVersion}).");
            }
        }

        session.Execute(SchemaScript);
        transaction.Commit();
    }

    /// <summary>
    /// A failed read or write as the callers of the store know it. Anything but a failure of the database is a bug and stays.
    /// </summary>
    internal Exception Translate(Exception exception) => exception switch
    {
        DbException failure => new StorageException($"{Location}: {Explain(failure)}.", failure),
        StorageOpenException failure => new StorageException(failure.Message, failure),
        _ => exception,
    };

    private protected static string Script(string name)
    {
        using var stream = typeof(SqlDialect).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is missing from the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
