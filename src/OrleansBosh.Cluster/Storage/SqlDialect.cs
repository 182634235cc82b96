using System.Data.Common;

namespace OrleansBosh.Cluster.Storage;

/// <summary>
/// What differs between database systems: how to connect, run, lock and explain an error. The statements themselves are in
/// <see cref="DomainStore"/> and are understood by SQLite and PostgreSQL alike.
/// </summary>
public abstract class SqlDialect
{
    /// <summary>What is opened, for messages to the operator: never with a password in it.</summary>
    public abstract string Location { get; }

    /// <summary>Opens the database, with a schema that this program knows.</summary>
    /// <exception cref="StorageOpenException">Not possible.</exception>
    internal abstract Task<ISqlRunner> OpenAsync();

    /// <summary>Makes other writers of the same owner's data wait until this transaction ends.</summary>
    internal abstract Task LockOwnerAsync(SqlSession session, string owner);

    /// <summary>Half a sentence for people, such as "the disk is full".</summary>
    internal abstract string Explain(DbException exception);

    /// <summary>
    /// A failed read or write as the callers of the store know it. Anything but a failure of the database is a bug and stays.
    /// </summary>
    internal Exception Translate(Exception exception) => exception switch
    {
        DbException failure => new StorageException($"{Location}: {Explain(failure)}.", failure),
        StorageOpenException failure => new StorageException(failure.Message, failure),
        _ => exception,
    };
}
