using System.Diagnostics;
using OrleansBosh.Cluster.Sessions;

namespace OrleansBosh.Cluster.Tests.Support;

/// <summary>How long calls between grains take, those of front ends excepted, since they are held on purpose.</summary>
internal sealed class CallTimes : IOutgoingGrainCallFilter
{
    private long _longest;

    public TimeSpan Longest => TimeSpan.FromTicks(Interlocked.Read(ref _longest));

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await context.Invoke();
        }
        finally
        {
            // One that timed out, too: that is what a cycle looks like.
            if (context.InterfaceMethod.DeclaringType != typeof(IBoshSessionGrain)) Add(Stopwatch.GetElapsedTime(started).Ticks);
        }
    }

    private void Add(long ticks)
    {
        for (var seen = Interlocked.Read(ref _longest); ticks > seen; seen = Interlocked.Read(ref _longest))
        {
            if (Interlocked.CompareExchange(ref _longest, ticks, seen) == seen) return;
        }
    }
}
