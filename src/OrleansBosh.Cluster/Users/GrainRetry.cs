using System.Diagnostics;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Repeats a call that failed because a silo died or is going: the next one finds another activation. Everything else, a time-out
/// included, is the caller's to handle, because the call may have been carried out.
/// </summary>
internal static class GrainRetry
{
    /// <summary>Longer than it takes to declare a silo dead.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(500);

    /// <exception cref="OrleansException">The silo was still not to be had after 15 s.</exception>
    public static async ValueTask<TResult> RunAsync<TState, TResult>(TState state, Func<TState, ValueTask<TResult>> call)
    {
        var started = Stopwatch.GetTimestamp();
        for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                return await call(state);
            }
            catch (Exception exception) when (
                exception is Orleans.Runtime.SiloUnavailableException or Orleans.Runtime.OrleansMessageRejectionException
                && Stopwatch.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(delay);
            }
        }
    }
}
