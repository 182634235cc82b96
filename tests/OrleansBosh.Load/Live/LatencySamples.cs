namespace OrleansBosh.Load.Live;

/// <summary>
/// Durations in ticks of <see cref="TimeSpan"/>. Up to the capacity every one is kept; beyond it a uniform sample (a reservoir), so that
/// memory stays bounded. Thread-safe.
/// </summary>
public sealed class LatencySamples(int capacity = 65_536)
{
    private readonly Lock _gate = new();
    private readonly List<long> _ticks = [];
    private long _count;
    private long _max;

    public long Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <summary>The longest of all, sampled or not.</summary>
    public TimeSpan Max
    {
        get
        {
            lock (_gate)
                return new TimeSpan(_max);
        }
    }

    public void Add(TimeSpan duration)
    {
        lock (_gate)
        {
            _count++;
            _max = Math.Max(_max, duration.Ticks);
            if (_ticks.Count < capacity)
                _ticks.Add(duration.Ticks);
            else if (Random.Shared.NextInt64(_count) is var index && index < capacity)
                _ticks[(int)index] = duration.Ticks;
        }
    }

    /// <summary>The sampled durations in ticks, sorted.</summary>
    public long[] ToSortedTicks()
    {
        long[] ticks;
        lock (_gate)
            ticks = [.. _ticks];
        Array.Sort(ticks);
        return ticks;
    }

    /// <summary>The duration that the share <paramref name="p"/> (0 to 1) of the samples does not exceed; zero without samples.</summary>
    public TimeSpan Percentile(double p)
    {
        var ticks = ToSortedTicks();
        if (ticks.Length == 0)
            return TimeSpan.Zero;
        var rank = (int)Math.Ceiling(p * ticks.Length) - 1;
        return new TimeSpan(ticks[Math.Clamp(rank, 0, ticks.Length - 1)]);
    }
}
