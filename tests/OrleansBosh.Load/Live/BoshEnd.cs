using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Load.Live;

/// <summary>How a live session ended.</summary>
public enum BoshEndKind
{
    /// <summary>This client terminated it.</summary>
    Closed,

    /// <summary>The server terminated it.</summary>
    Terminated,

    /// <summary>This client gave up: no node answered in time, or an answer broke the protocol.</summary>
    Failed,

    /// <summary>This client was disposed and said nothing to the server.</summary>
    Abandoned,
}

/// <param name="Kind">How it ended.</param>
/// <param name="Condition">The terminal condition, if the server gave one.</param>
/// <param name="Answer">The terminating answer, if there was one.</param>
/// <param name="Error">What went wrong, if this client gave up.</param>
public sealed record BoshEnd(BoshEndKind Kind, string? Condition = null, BoshAnswer? Answer = null, Exception? Error = null)
{
    /// <summary>What somebody gets who still waits for something; null after an orderly close.</summary>
    public Exception? ToException() => Kind switch
    {
        BoshEndKind.Closed => null,
        BoshEndKind.Terminated => new BoshTerminatedException(Condition, Answer),
        BoshEndKind.Failed => new IOException($"The BOSH session failed: {Error?.Message}", Error),
        _ => new OperationCanceledException("The BOSH client was disposed."),
    };
}
