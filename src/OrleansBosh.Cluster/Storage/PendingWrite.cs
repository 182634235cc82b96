namespace OrleansBosh.Cluster.Storage;

/// <summary>A write that waits for its turn, with a caller who waits for its end.</summary>
internal abstract class PendingWrite
{
    /// <summary>Runs the statements. May be called again when the transaction was rolled back.</summary>
    public abstract void Execute(SqlSession session);

    /// <summary>The transaction is committed: the caller goes on.</summary>
    public abstract void Complete();

    /// <summary>Nothing of it is stored: the caller gets the exception.</summary>
    public abstract void Fail(Exception exception);
}

/// <inheritdoc/>
internal sealed class PendingWrite<T>(Func<SqlSession, Task<T>> write) : PendingWrite
{
    // Callers go on elsewhere: the writer's thread has the next batch to do.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Completion => _completion.Task;

    // SQLite's commands only look asynchronous: the task is completed, unless the write awaits something that it should not.
    public override void Execute(SqlSession session) => _result = write(session).GetAwaiter().GetResult();

    public override void Complete() => _completion.SetResult(_result!);

    public override void Fail(Exception exception) => _completion.SetException(exception);
}
