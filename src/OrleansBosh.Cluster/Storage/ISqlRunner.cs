namespace OrleansBosh.Cluster.Storage;

/// <summary>Runs the transactions of a <see cref="DomainStore"/> in a way that suits the database. Closing it finishes what was accepted.</summary>
internal interface ISqlRunner : IAsyncDisposable
{
    /// <summary>Runs a write and returns when it is committed. The function may run again when its transaction was rolled back.</summary>
    /// <exception cref="StorageException">It is not stored.</exception>
    Task<T> WriteAsync<T>(Func<SqlSession, Task<T>> write);

    /// <summary>Runs queries that all see the same state, one that holds every completed write.</summary>
    /// <exception cref="StorageException">It cannot be read.</exception>
    Task<T> ReadAsync<T>(Func<SqlSession, Task<T>> read);
}
