namespace OrleansBosh.Protocol.Tests.Fuzz;

/// <summary>Counts what this thread allocates: unlike time it is the same on every machine.</summary>
internal static class Allocation
{
    /// <summary>Bytes that <paramref name="work"/> allocates.</summary>
    public static long Of(Action work)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        work();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>The least of a few runs: the first fills the array pools, and what it takes for that says nothing of the work.</summary>
    public static long Settled(Action work)
    {
        var least = Of(work);
        for (var i = 0; i < 3; i++) least = Math.Min(least, Of(work));
        return least;
    }
}
