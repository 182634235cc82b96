namespace OrleansBosh.Cluster.Users;

/// <summary>Repeats a call to a grain whose silo died or is going.</summary>
internal static class GrainRetry
{
    /// <exception cref="OrleansException">The silo was still not to be had when patience ended.</exception>
    public static async ValueTask<TResult> RunAsync<TState, TResult>(TState state, Func<TState, ValueTask<TResult>> call)
    {
        var retry = new CallRetry();
        while (true)
        {
            try
            {
                return await call(state);
            }
            catch (Exception exception) when (CallRetry.IsSiloGone(exception))
            {
                if (!retry.TryGoOn(out var delay)) throw;
                await Task.Delay(delay);
            }
        }
    }
}
