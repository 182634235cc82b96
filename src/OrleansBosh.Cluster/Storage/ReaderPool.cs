using System.Collections.Concurrent;
using System.Data.Common;

namespace OrleansBosh.Cluster.Storage;

/// <summary>
/// All reads of a store in SQLite: on the thread pool, because the calls block, and on a few connections, so that they block few threads.
/// </summary>
internal sealed class ReaderPool(SqliteDialect dialect) : IAsyncDisposable
{
    private readonly SemaphoreSlim _slots = new(SqliteDialect.ReaderCount);
    private readonly ConcurrentStack<DbConnection> _idle = [];
    private volatile bool _isClosed;

    /// <summary>Runs queries that all see the same state.</summary>
    /// <exception cref="StorageException">It cannot be read.</exception>
    public async Task<T> RunAsync<T>(Func<SqlSession, Task<T>> read)
    {
        await _slots.WaitAsync();
        try
        {
            if (_isClosed) throw new StorageException($"{dialect.Location}: the store is closed.");
            return await Task.Run(() => Run(read));
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Takes no more reads, waits for those that run, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        for (var i = 0; i < SqliteDialect.ReaderCount; i++) await _slots.WaitAsync();
        while (_idle.TryPop(out var connection)) await connection.DisposeAsync();

        // Whoever comes later must find the store closed, not wait for ever; so the semaphore itself lives on.
        _slots.Release(SqliteDialect.ReaderCount);
    }

    private T Run<T>(Func<SqlSession, Task<T>> read)
    {
        DbConnection? connection = null;
        try
        {
            if (!_idle.TryPop(out connection)) connection = dialect.OpenReader();
            T result;
            using (var transaction = SqliteDialect.BeginRead(connection)) result = read(new(connection, transaction)).GetAwaiter().GetResult();
            _idle.Push(connection);
            return result;
        }
        catch (Exception e)
        {
            // The connection may be the cause: the next read gets a new one.
            connection?.Dispose();
            var translated = dialect.Translate(e);
            if (ReferenceEquals(translated, e)) throw;
            throw translated;
        }
    }
}
