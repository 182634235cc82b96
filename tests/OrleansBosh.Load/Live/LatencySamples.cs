using System.Diagnostics;
using System.Numerics;

namespace OrleansBosh.Load.Live;

/// <summary>
/// A histogram of durations with buckets that grow with the value, as HdrHistogram does it: memory does not grow with the number of
/// samples, every sample counts, and a percentile is exact to a microsecond or to 1/128 of its value. Thread-safe.
/// </summary>
public sealed class LatencySamples
{
    private const int OctaveBits = 7;
    private const int BucketsPerOctave = 1 << OctaveBits;

    /// <summary>Up to 2^39 µs, six days; what is longer counts as that.</summary>
    private const int Octaves = 33;

    // An octave gets its buckets with its first sample: most runs use a handful.
    private readonly long[]?[] _octaves = new long[]?[Octaves];
    private long _count;
    private long _totalTicks;
    private long _maxTicks;

    public long Count => Interlocked.Read(ref _count);

    public TimeSpan Max => new(Interlocked.Read(ref _maxTicks));

    /// <summary>Zero without samples.</summary>
    public TimeSpan Mean => new(Interlocked.Read(ref _totalTicks) / Math.Max(1, Count));

    public void Add(TimeSpan duration)
    {
        var ticks = Math.Max(0, duration.Ticks);
        var (octave, bucket) = BucketOf(ticks / TimeSpan.TicksPerMicrosecond);
        Interlocked.Increment(ref Buckets(octave)[bucket]);
        Interlocked.Add(ref _totalTicks, ticks);
        Interlocked.Increment(ref _count);
        long max;
        do max = Interlocked.Read(ref _maxTicks);
        while (ticks > max && Interlocked.CompareExchange(ref _maxTicks, ticks, max) != max);
    }

    /// <summary>From then until now.</summary>
    public void AddSince(long timestamp) => Add(Stopwatch.GetElapsedTime(timestamp));

    /// <summary>The duration that the share <paramref name="p"/> (0 to 1) of the samples does not exceed; zero without samples.</summary>
    public TimeSpan Percentile(double p)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(p * Count));
        for (var octave = 0; octave < Octaves; octave++)
        {
            if (Volatile.Read(ref _octaves[octave]) is not { } buckets) continue;
            for (var bucket = 0; bucket < BucketsPerOctave; bucket++)
            {
                rank -= Interlocked.Read(ref buckets[bucket]);
                if (rank <= 0) return Min(UpperEdge(octave, bucket), Max);
            }
        }

        return Max;
    }

    // The first octave holds 0 … 127 µs, the next 128 … 255 by one, then 256 … 511 by two, and so on.
    private static (int Octave, int Bucket) BucketOf(long microseconds)
    {
        var octave = Math.Max(0, BitOperations.Log2((ulong)microseconds) - OctaveBits + 1);
        if (octave >= Octaves) return (Octaves - 1, BucketsPerOctave - 1);
        return octave == 0 ? (0, (int)microseconds) : (octave, (int)(microseconds >> (octave - 1)) - BucketsPerOctave);
    }

    private static TimeSpan UpperEdge(int octave, int bucket)
    {
        var microseconds = octave == 0 ? bucket : ((BucketsPerOctave + bucket + 1L) << (octave - 1)) - 1;
        return TimeSpan.FromMicroseconds(microseconds);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private long[] Buckets(int octave)
    {
        if (Volatile.Read(ref _octaves[octave]) is { } buckets) return buckets;
        var created = new long[BucketsPerOctave];
        return Interlocked.CompareExchange(ref _octaves[octave], created, null) ?? created;
    }
}
