namespace OrleansBosh.Load.Peers;

/// <summary>The settings that the peers share. A peer that has no option for one of them keeps what is built in.</summary>
public sealed record PeerSettings
{
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan Inactivity { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan Polling { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan MaxPause { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Names and passwords of accounts, of plain ASCII letters and digits.</summary>
    public IReadOnlyDictionary<string, string> Accounts { get; init; } = new Dictionary<string, string>();

    /// <summary>Lines of the peer's own configuration, for all its domains.</summary>
    public string Further { get; init; } = "";
}
