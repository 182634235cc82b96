namespace OrleansBosh.Load.Http;

/// <summary>Runs asynchronous work one piece at a time in the order of the calls, which a semaphore does not promise.</summary>
internal sealed class TurnQueue
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;

    public Task<T> Enqueue<T>(Func<Task<T>> work)
    {
        lock (_gate)
        {
            var turn = RunAfterAsync(_last, work);
            _last = turn;
            return turn;
        }
    }

    private static async Task<T> RunAfterAsync<T>(Task previous, Func<Task<T>> work)
    {
        // The one before reports its failure to its own caller.
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await work();
    }
}
