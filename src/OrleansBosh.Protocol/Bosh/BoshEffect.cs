namespace OrleansBosh.Protocol.Bosh;

/// <summary>
/// What the engine wants done for a waiting caller, in order. A ticket names a caller, not a rid: a repeated rid is a second caller.
/// </summary>
/// <param name="Ticket">The caller's ticket; every ticket that came in gets exactly one effect, or was abandoned.</param>
/// <param name="Answer">The answer; null when the caller is released without one, because the session moves (see ReleaseAll).</param>
public readonly record struct BoshEffect(long Ticket, BoshAnswer? Answer);
