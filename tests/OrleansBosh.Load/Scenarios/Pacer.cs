using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansBosh.Load.Scenarios;

/// <summary>Calls something at a fixed rate, to a fraction of a millisecond, which timers of .NET do not reach. What is late is made up for.</summary>
internal static class Pacer
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMilliseconds(100);

    /// <param name="rate">Calls per second.</param>
    /// <param name="count">Calls in all.</param>
    /// <param name="call">Gets the number of the call and the timestamp when it was due.</param>
    /// <param name="cancellation">Ends it early, without an exception.</param>
    public static void Run(int rate, long count, Action<long, long> call, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        for (var n = 0L; n < count; n++)
        {
            var due = start + (long)((double)n / rate * Stopwatch.Frequency);
            for (var left = Until(due); left > TimeSpan.Zero && !cancellation.IsCancellationRequested; left = Until(due))
                Sleep(left < LongestSleep ? left : LongestSleep);
            if (cancellation.IsCancellationRequested) return;
            call(n, due);
        }
    }

    private static TimeSpan Until(long due) => Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);

    private static void Sleep(TimeSpan time)
    {
        // Thread.Sleep knows whole milliseconds only.
        if (OperatingSystem.IsLinux()) _ = MicrosecondSleep((uint)Math.Ceiling(time.TotalMicroseconds));
        else Thread.Sleep(time);
    }

    [DllImport("libc", EntryPoint = "usleep")]
    private static extern int MicrosecondSleep(uint microseconds);
}
