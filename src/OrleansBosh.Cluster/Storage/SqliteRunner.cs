using System.Data.Common;

namespace OrleansBosh.Cluster.Storage;

/// <summary>
/// SQLite's calls block, and it lets one connection write at a time: writes go through one <see cref="WriteQueue"/>, reads through a
/// <see cref="ReaderPool"/>.
/// </summary>
internal sealed class SqliteRunner(SqliteDialect dialect, DbConnection writer) : ISqlRunner
{
    private readonly WriteQueue _writes = new(dialect, writer);
    private readonly ReaderPool _reads = new(dialect);

    public Task<T> WriteAsync<T>(Func<SqlSession, Task<T>> write) => _writes.RunAsync(write);

    public Task<T> ReadAsync<T>(Func<SqlSession, Task<T>> read) => _reads.RunAsync(read);

    public async ValueTask DisposeAsync()
    {
        await _writes.DisposeAsync();
        await _reads.DisposeAsync();
    }
}
