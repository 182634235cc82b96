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
        await context.Invoke();
        if (context.InterfaceMethod.DeclaringType == typeof(IBoshSessionGrain)) return;
        var ticks = Stopwatch.GetElapsedTime(started).Ticks;
        for (var seen = Interlocked.Read(ref _longest); ticks > seen; seen = Interlocked.Read(ref _longest))
        {
            if (Interlocked.CompareExchange(ref _longest, ticks, seen) == seen) return;
        }
    }
}
