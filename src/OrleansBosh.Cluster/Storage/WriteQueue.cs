using System.Data.Common;
using System.Threading.Channels;

namespace OrleansBosh.Cluster.Storage;

/// <summary>
/// All writes of a store in SQLite: one thread, one connection, and as many waiting writes as there are in one transaction, because the flush at
/// a commit costs far more than the statements. A write that fails does not take its neighbours with it.
/// </summary>
internal sealed class WriteQueue : IAsyncDisposable
{
    /// <summary>Writes that may wait; further callers wait (without a thread) until there is room.</summary>
    private const int Capacity = 4096;

    private const string Savepoint = "one_write";

    private readonly SqliteDialect _dialect;
    private readonly Channel<PendingWrite> _waiting =
        Channel.CreateBounded<PendingWrite>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DbConnection? _connection;

    /// <summary>Takes over an open connection; later ones, after a failure, it opens itself.</summary>
    public WriteQueue(SqliteDialect dialect, DbConnection connection)
    {
        _dialect = dialect;
        _connection = connection;
        new Thread(Work) { Name = "Storage writer", IsBackground = true }.Start();
    }

    /// <summary>Runs a write and returns when it is committed.</summary>
    /// <exception cref="StorageException">It is not stored.</exception>
    public async Task<T> RunAsync<T>(Func<SqlSession, Task<T>> write)
    {
        var pending = new PendingWrite<T>(write);
        try
        {
            await _waiting.Writer.WriteAsync(pending);
        }
        catch (ChannelClosedException e)
        {
            throw new StorageException($"{_dialect.Location}: the store is closed.", e);
        }

        return await pending.Completion;
    }

    /// <summary>Takes no more writes, finishes those that wait, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _ended.Task;
    }

    private void Work()
    {
        var batch = new List<PendingWrite>();
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < SqliteDialect.BatchSize && _waiting.Reader.TryRead(out var pending)) batch.Add(pending);
            RunBatch(batch);
            batch.Clear();
        }

        _connection?.Dispose();
        _ended.SetResult();
    }

    private void RunBatch(List<PendingWrite> batch)
    {
        var outcome = TryRun(batch, out var failure);
        if (outcome == Outcome.RolledBack && batch.Count > 1)
        {
            // Which write has spoilt the transaction is unknown, so each gets one of its own, as long as one can begin.
            foreach (var pending in batch)
            {
                if (outcome != Outcome.Broken) outcome = TryRun([pending], out failure);
                if (outcome != Outcome.Committed) pending.Fail(failure!);
            }
        }
        else if (outcome != Outcome.Committed)
        {
            foreach (var pending in batch) pending.Fail(failure!);
        }
    }

    private enum Outcome
    {
        Committed,

        /// <summary>Nothing is stored and the connection is good.</summary>
        RolledBack,

        /// <summary>The database is out of reach; trying again at once makes no sense.</summary>
        Broken,
    }

    /// <summary>Runs writes in one transaction and answers their callers, unless nothing was committed.</summary>
    private Outcome TryRun(List<PendingWrite> batch, out Exception? failure)
    {
        failure = null;
        var failed = new Dictionary<PendingWrite, Exception>();
        DbTransaction? transaction = null;
        try
        {
            _connection ??= _dialect.OpenWriter();
            transaction = _dialect.BeginWrite(_connection);
            var session = new SqlSession(_connection, transaction);
            foreach (var pending in batch)
            {
                transaction.Save(Savepoint);
                try
                {
                    pending.Execute(session);
                }
                catch (Exception e)
                {
                    // Whatever it is, a refused statement or a bug, it is for this write's caller. Where the database has given up the
                    // whole transaction, going back to the savepoint fails, and so does the batch.
                    transaction.Rollback(Savepoint);
                    failed.Add(pending, _dialect.Translate(e));
                }

                transaction.Release(Savepoint);
            }

            transaction.Commit();
        }
        catch (Exception e)
        {
            failure = _dialect.Translate(e);
            return RollBack(transaction);
        }
        finally
        {
            transaction?.Dispose();
        }

        foreach (var pending in batch)
        {
            if (failed.TryGetValue(pending, out var reason)) pending.Fail(reason);
            else pending.Complete();
        }

        return Outcome.Committed;
    }

    private Outcome RollBack(DbTransaction? transaction)
    {
        try
        {
            if (transaction is not null)
            {
                transaction.Rollback();
                return Outcome.RolledBack;
            }
        }
        catch (Exception e) when (e is DbException or InvalidOperationException)
        {
            // The callers get the failure that led here, which says more. A connection that cannot roll back is closed below, which
            // makes the database do it.
        }

        _connection?.Dispose();
        _connection = null;
        return Outcome.Broken;
    }
}
