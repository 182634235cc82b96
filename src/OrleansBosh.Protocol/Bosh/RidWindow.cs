using System.Diagnostics.CodeAnalysis;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>Where a request's rid stands relative to the requests processed so far.</summary>
internal enum RidPlace
{
    /// <summary>Processed before: held, cached, or too old.</summary>
    Behind,

    /// <summary>The next one in sequence.</summary>
    Next,

    /// <summary>In the window, behind a gap.</summary>
    Ahead,

    /// <summary>Parked already.</summary>
    Parked,

    /// <summary>Above the window (B-RID-06).</summary>
    Beyond,
}

/// <summary>A request that arrived and has not been processed.</summary>
internal sealed class ArrivedRequest(BoshBody body, long? ticket, DateTimeOffset arrivedAt)
{
    public BoshBody Body { get; } = body;

    /// <summary>The waiting caller; null when its connection broke.</summary>
    public long? Ticket { get; set; } = ticket;

    public DateTimeOffset ArrivedAt { get; } = arrivedAt;

    public int Repeats { get; set; }
}

/// <summary>Puts requests into the order of their rids (XEP-0124 §14.2).</summary>
internal sealed class RidWindow(long last, int width)
{
    private readonly SortedList<long, ArrivedRequest> _parked = [];

    /// <summary>The highest rid processed in sequence.</summary>
    public long Last { get; private set; } = last;

    /// <summary>Requests behind a gap, lowest rid first.</summary>
    public IList<ArrivedRequest> Parked => _parked.Values;

    /// <param name="rid">The rid of a request that just arrived.</param>
    /// <param name="isExtra">A pause or terminate request, which may exceed the window by one (B-RID-08).</param>
    public RidPlace PlaceOf(long rid, bool isExtra)
    {
        if (rid <= Last) return RidPlace.Behind;
        if (rid == Last + 1) return RidPlace.Next;
        if (_parked.ContainsKey(rid)) return RidPlace.Parked;
        return rid - Last > width + (isExtra ? 1 : 0) ? RidPlace.Beyond : RidPlace.Ahead;
    }

    public void Advance() => Last++;

    public void Park(ArrivedRequest request) => _parked.Add(request.Body.Rid, request);

    public ArrivedRequest FindParked(long rid) => _parked[rid];

    /// <summary>Takes the parked request that has become the next one.</summary>
    public bool TryTakeNext([NotNullWhen(true)] out ArrivedRequest? request) => _parked.Remove(Last + 1, out request);

    public void Clear() => _parked.Clear();
}
