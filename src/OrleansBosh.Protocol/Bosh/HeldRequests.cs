namespace OrleansBosh.Protocol.Bosh;

/// <summary>A processed request that has not been answered.</summary>
internal sealed class HeldRequest(long rid, long? ticket, DateTimeOffset deadline, string? key)
{
    public long Rid { get; } = rid;

    /// <summary>The waiting caller; null while its connection is broken (B-RTX-06).</summary>
    public long? Ticket { get; set; } = ticket;

    /// <summary>When it is answered empty at the latest.</summary>
    public DateTimeOffset Deadline { get; set; } = deadline;

    /// <summary>The key it carried; a repeat must carry the same (B-KEY-03).</summary>
    public string? Key { get; } = key;

    public int Repeats { get; set; }
}

/// <summary>The open requests of a session in rid order; payload always goes on the lowest (B-HOLD-03).</summary>
internal sealed class HeldRequests
{
    private readonly List<HeldRequest> _requests = [];

    public int Count => _requests.Count;

    public HeldRequest this[int index] => _requests[index];

    /// <summary>Rids are processed in order, so the newest stands last.</summary>
    public void Add(HeldRequest request) => _requests.Add(request);

    public void RemoveLowest() => _requests.RemoveAt(0);

    public void Clear() => _requests.Clear();

    public HeldRequest? Find(long rid) => _requests.Find(request => request.Rid == rid);

    public HeldRequest? FindTicket(long ticket) => _requests.Find(request => request.Ticket == ticket);

    /// <summary>Whether a client is connected and waiting.</summary>
    public bool HasLive => _requests.Exists(request => request.Ticket is not null);

    public int LiveCount
    {
        get
        {
            var count = 0;
            foreach (var request in _requests)
            {
                if (request.Ticket is not null) count++;
            }

            return count;
        }
    }

    /// <summary>The highest rid whose time is up, or null. All below it are answered with it, in order (B-RID-04).</summary>
    public long? HighestExpired(DateTimeOffset now) => _requests.FindLast(request => request.Ticket is not null && request.Deadline <= now)?.Rid;

    /// <summary>The first moment at which a waiting caller must be answered.</summary>
    public DateTimeOffset? NextDeadline
    {
        get
        {
            DateTimeOffset? next = null;
            foreach (var request in _requests)
            {
                if (request.Ticket is not null && (next is null || request.Deadline < next)) next = request.Deadline;
            }

            return next;
        }
    }
}
