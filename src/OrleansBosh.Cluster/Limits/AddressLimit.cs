namespace OrleansBosh.Cluster.Limits;

/// <summary>How often one client address may do something: <see cref="Count"/> times at once, and as often per window over time.</summary>
public sealed record AddressLimit
{
    /// <summary>So many that no address ever gets there; more would only overflow the reckoning.</summary>
    public const int MaxCount = 1_000_000;

    /// <summary>The longest window.</summary>
    public static readonly TimeSpan MaxWindow = TimeSpan.FromDays(1);

    /// <param name="limit">What is limited; each has its own count.</param>
    /// <param name="count">1 … <see cref="MaxCount"/>.</param>
    /// <param name="window">In this time a count that was used up is whole again; at most <see cref="MaxWindow"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public AddressLimit(BoshLimit limit, int count, TimeSpan window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxCount);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, MaxWindow);
        Limit = limit;
        Count = count;
        Window = window;
    }

    public BoshLimit Limit { get; }

    public int Count { get; }

    public TimeSpan Window { get; }
}
