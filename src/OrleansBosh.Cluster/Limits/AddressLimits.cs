using System.Net;

namespace OrleansBosh.Cluster.Limits;

/// <summary>
/// How often each client address did something lately, at this node. Each limit has a table of its own, so that a flood of one kind makes
/// nobody forget another. Thread-safe; addresses are the ones after trusted proxies.
/// </summary>
public sealed class AddressLimits
{
    /// <summary>Addresses that are remembered per limit: about 3 MB when its table is full.</summary>
    public const int DefaultMaxAddresses = 20_000;

    private static readonly int LimitCount = Enum.GetValues<BoshLimit>().Length;

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly AddressTable[] _tables = new AddressTable[LimitCount];

    public AddressLimits(TimeProvider time)
        : this(time, DefaultMaxAddresses)
    {
    }

    internal AddressLimits(TimeProvider time, int maxAddresses)
    {
        _time = time;
        // The time since then cannot jump when somebody sets the clock.
        _start = time.GetTimestamp();
        for (var i = 0; i < _tables.Length; i++) _tables[i] = new(maxAddresses);
    }

    /// <summary>Counts one more of what <paramref name="limit"/> bounds. A refused one costs nothing.</summary>
    /// <param name="address">The client's address.</param>
    /// <param name="limit">The limit, the same one for every call of its kind; null for none.</param>
    /// <returns>False when there were too many.</returns>
    public bool TryTake(IPAddress address, AddressLimit? limit) =>
        limit is null || _tables[(int)limit.Limit].TryTake(AddressNetwork.Of(address), limit, _time.GetElapsedTime(_start).Ticks);

    /// <summary>How many addresses are remembered for a limit.</summary>
    internal int CountOf(BoshLimit limit) => _tables[(int)limit].Count;
}
