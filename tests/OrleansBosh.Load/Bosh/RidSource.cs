namespace OrleansBosh.Load.Bosh;

/// <summary>Draws the first rid.</summary>
internal static class RidSource
{
    // XEP-0124 §14.1: below 2^53 for the whole session; half of the range is room enough to count on.
    private const long Limit = 1L << 52;

    public static long Draw(int? seed) => (seed is { } s ? new Random(s) : Random.Shared).NextInt64(1, Limit);
}
