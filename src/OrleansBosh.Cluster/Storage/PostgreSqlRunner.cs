using System.Data;
using Npgsql;
using OrleansBosh.Cluster.Database;

namespace OrleansBosh.Cluster.Storage;

/// <summary>
/// Each read and each write is a transaction on a connection of its own, a few of each at a time. No batches as for SQLite: the server itself
/// flushes commits together, and a transaction that holds the lock of one owner only cannot wait in a circle with those of other nodes.
/// Whatever happens, a caller has its answer soon after the time limit: it waits in a grain's turn, and others behind it. Once one has
/// waited that long for a server that says nothing, the next ones do not (<see cref="DatabaseCircuit"/>). A server that gives up a statement,
/// because that had to wait for a lock, say, does answer.
/// </summary>
internal sealed class PostgreSqlRunner(SqlDialect dialect, ClusterDatabase database, TimeSpan limit, TimeSpan cancellationPatience) : ISqlRunner
{
    /// <summary>Few, as all nodes share the connections of one server.</summary>
    private const int Parallel = 8;

    private readonly DatabaseCircuit _circuit = new(dialect.Location, cancel => ProbeAsync(database.DataSource, cancel), limit, database.Time, database.Logger);
    private readonly SemaphoreSlim _writers = new(Parallel);
    private readonly SemaphoreSlim _readers = new(Parallel);
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private bool _isClosed;

    public Task<T> WriteAsync<T>(Func<SqlSession, Task<T>> write) => RunAsync(_writers, IsolationLevel.ReadCommitted, write);

    public Task<T> ReadAsync<T>(Func<SqlSession, Task<T>> read) => RunAsync(_readers, IsolationLevel.RepeatableRead, read);

    /// <summary>Takes no more and waits for what runs. The connections are the database's.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_running == 0) _ended.TrySetResult();
        }

        await _ended.Task;
        await _circuit.DisposeAsync();
    }

    private async Task<T> RunAsync<T>(SemaphoreSlim slots, IsolationLevel isolation, Func<SqlSession, Task<T>> work)
    {
        Enter();
        try
        {
            var begin = _circuit.Begin();
            try
            {
                // Not left to the cancellation alone: to a server that hangs, Npgsql's takes as long as another connection.
                var result = await RunUntilCancelledAsync(slots, isolation, work).WaitAsync(limit + cancellationPatience);
                _circuit.Answer();
                return result;
            }
            catch (Exception e) when (e is OperationCanceledException or TimeoutException)
            {
                _circuit.Fail(begin);
                throw Late(e);
            }
            catch (NpgsqlException e)
            {
                if (e is PostgresException) _circuit.Answer();
                else _circuit.Fail(begin);
                throw dialect.Translate(e);
            }
            catch (Exception e) when (PostgreSqlErrors.IsFailure(e))
            {
                // What Npgsql has not wrapped.
                _circuit.Fail(begin);
                throw new StorageException($"{dialect.Location}: {PostgreSqlErrors.Explain(e)}.", e);
            }
        }
        finally
        {
            Leave();
        }
    }

    private async Task<T> RunUntilCancelledAsync<T>(SemaphoreSlim slots, IsolationLevel isolation, Func<SqlSession, Task<T>> work)
    {
        using var deadline = new CancellationTokenSource(limit);
        return await RunInSlotAsync(slots, isolation, work, deadline.Token);
    }

    private async Task<T> RunInSlotAsync<T>(
        SemaphoreSlim slots, IsolationLevel isolation, Func<SqlSession, Task<T>> work, CancellationToken cancellationToken)
    {
        await WaitForSlotAsync(slots, cancellationToken);
        try
        {
            _ = _circuit.Begin(); // it may have opened meanwhile
            for (var isFirst = true; ; isFirst = false)
            {
                var isCommitting = false;
                try
                {
                    await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
                    try
                    {
                        await using var transaction = await connection.BeginTransactionAsync(isolation, cancellationToken);
                        var result = await work(new(connection, transaction, cancellationToken));
                        isCommitting = true;
                        await transaction.CommitAsync(cancellationToken);
                        return result;
                    }
                    catch (Exception e) when ((e is OperationCanceledException or NpgsqlException) && connection.FullState == ConnectionState.Open)
                    {
                        // Also where Npgsql tells of a time-out: had the server not confirmed that it has given up the statement, the
                        // connection would be broken now.
                        _circuit.Answer();
                        throw;
                    }
                }
                catch (NpgsqlException e) when (isFirst && !isCommitting && e.IsTransient)
                {
                    // Nothing is stored, and the cause has gone with the connection: it was one of before a restart of the server, say.
                    // A commit that fails has perhaps been done, and to do it again could store twice.
                }
            }
        }
        finally
        {
            slots.Release();
        }
    }

    /// <summary>A slot that comes too late says nothing about the database; those do who have the slots.</summary>
    private async Task WaitForSlotAsync(SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        try
        {
            await slots.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException e)
        {
            throw Late(e);
        }
    }

    private StorageException Late(Exception e) => new($"{dialect.Location}: it does not answer in time.", e);

    private static async Task ProbeAsync(NpgsqlDataSource connections, CancellationToken cancellationToken)
    {
        // The idle ones are as dead as the one that failed, and each would cost the next caller its time.
        connections.Clear();
        await using var command = connections.CreateCommand("SELECT 1");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private void Enter()
    {
        lock (_lock)
        {
            if (_isClosed) throw new StorageException($"{dialect.Location}: the store is closed.");
            _running++;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_running == 0 && _isClosed) _ended.TrySetResult();
        }
    }
}
