using System.Diagnostics;

namespace OrleansBosh.Cluster;

/// <summary>
/// When to repeat a call that failed because a silo died or is going: the next one finds another activation. One per call, it changes with
/// each try.
/// </summary>
public struct CallRetry
{
    /// <summary>From the first failure; longer than a frozen silo stays undetected.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(500);

    private long _failingSince;
    private TimeSpan _next;

    /// <summary>
    /// Whether a failure is one to repeat after. Everything else, a time-out included, is the caller's to handle, because the call may have
    /// been carried out.
    /// </summary>
    public static bool IsSiloGone(Exception exception) => exception is SiloUnavailableException or OrleansMessageRejectionException;

    /// <summary>Says how long to wait after a failure.</summary>
    /// <returns>False when it has gone on for too long.</returns>
    public bool TryGoOn(out TimeSpan delay)
    {
        if (_failingSince == 0) (_failingSince, _next) = (Stopwatch.GetTimestamp(), FirstDelay);
        delay = _next;
        _next = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        return Stopwatch.GetElapsedTime(_failingSince) < Patience;
    }
}
