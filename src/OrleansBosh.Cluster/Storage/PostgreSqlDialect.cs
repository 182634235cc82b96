using System.Data.Common;
using OrleansBosh.Cluster.Database;

namespace OrleansBosh.Cluster.Storage;

/// <summary>PostgreSQL, where several nodes write at the same time. Opening the database has brought the schema up to date.</summary>
public sealed class PostgreSqlDialect : SqlDialect
{
    /// <summary>Keeps our locks on owners apart from whatever else is locked by a number.</summary>
    private const int LockClass = 0x0B05;

    private readonly ClusterDatabase _database;
    private readonly TimeSpan _limit;
    private readonly TimeSpan _cancellationPatience;

    /// <param name="database">Open, and open as long as the store is.</param>
    public PostgreSqlDialect(ClusterDatabase database)
        : this(database, ClusterDatabase.Timeout)
    {
    }

    /// <param name="database">The database.</param>
    /// <param name="limit">How long one read or write may take, from the call to its end.</param>
    /// <param name="cancellationPatience">In which a server that is well says then that it has given up a statement; by default a second.</param>
    internal PostgreSqlDialect(ClusterDatabase database, TimeSpan limit, TimeSpan? cancellationPatience = null)
    {
        _database = database;
        _limit = limit;
        _cancellationPatience = cancellationPatience ?? TimeSpan.FromSeconds(1);
    }

    public override string Location => _database.Location;

    internal override Task<ISqlRunner> OpenAsync() => Task.FromResult<ISqlRunner>(new PostgreSqlRunner(this, _database, _limit, _cancellationPatience));

    internal override Task LockOwnerAsync(SqlSession session, string owner) => session.ExecuteAsync(
        "SELECT pg_advisory_xact_lock(@class, hashtext(@owner))", ("@class", LockClass), ("@owner", owner));

    internal override string Explain(DbException exception) => PostgreSqlErrors.Explain(exception);
}
