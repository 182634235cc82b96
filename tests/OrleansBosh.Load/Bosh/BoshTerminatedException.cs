namespace OrleansBosh.Load.Bosh;

/// <summary>The server ended the session, or refused to create it.</summary>
public sealed class BoshTerminatedException(string? condition, BoshAnswer? answer = null)
    : Exception($"The BOSH session was terminated: {condition ?? "no condition"}.")
{
    /// <summary>The terminal binding condition, if one was given.</summary>
    public string? Condition { get; } = condition;

    /// <summary>The answer that said so.</summary>
    public BoshAnswer? Answer { get; } = answer;
}
