namespace OrleansBosh.Load.Scenarios;

/// <summary>
/// The messages from one session to another by their numbers, in a run that has no set length: what was sent, what is under way, and how
/// it came. Thread-safe.
/// </summary>
internal sealed class MessageLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, TaskCompletionSource> _underWay = [];
    private int _next;
    private int _highest = -1;

    /// <summary>Sent and not arrived.</summary>
    public int UnderWay
    {
        get
        {
            lock (_gate) return _underWay.Count;
        }
    }

    /// <summary>Sends the next number; the task ends when it arrives. What is sent at the same time leaves in the order of its numbers.</summary>
    public async Task SendAsync(Func<int, ValueTask> send, TimeSpan patience, CancellationToken cancellation)
    {
        var arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ValueTask sending;
        lock (_gate)
        {
            _underWay.Add(_next, arrival);
            sending = send(_next++);
        }

        await sending;
        await arrival.Task.WaitAsync(patience, cancellation);
    }

    /// <summary>Notes an arrival and says what it was.</summary>
    public MessageArrival Arrive(int number)
    {
        lock (_gate)
        {
            if (number < 0 || number >= _next) return MessageArrival.Foreign;
            if (!_underWay.Remove(number, out var arrival)) return MessageArrival.Duplicate;
            arrival.SetResult();
            if (number < _highest) return MessageArrival.OutOfOrder;
            _highest = number;
            return MessageArrival.InOrder;
        }
    }
}

internal enum MessageArrival
{
    InOrder,
    OutOfOrder,
    Duplicate,

    /// <summary>Never sent.</summary>
    Foreign,
}
