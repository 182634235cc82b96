namespace OrleansBosh.Load;

/// <summary>How a <see cref="NodeCluster"/> is started.</summary>
public sealed record NodeClusterOptions
{
    /// <summary>Nodes to start, on 127.0.0.1, 127.0.0.2, …</summary>
    public int Count { get; init; } = 3;

    /// <summary>The port of all nodes. 0 takes one that is free on all addresses.</summary>
    public int Port { get; init; }

    /// <summary>Connection string of an empty database. Null: a PostgreSQL server of its own, which ends with the cluster.</summary>
    public string? Database { get; init; }

    /// <summary>See <see cref="NodeProcessOptions.Authority"/>.</summary>
    public TestAuthority? Authority { get; init; }

    /// <summary>See <see cref="NodeProcessOptions.InOwnSession"/>.</summary>
    public bool InOwnSessions { get; init; }

    /// <summary>See <see cref="NodeProcessOptions.ServerAssembly"/>.</summary>
    public string? ServerAssembly { get; init; }

    /// <summary>Options of the section <c>Bosh</c> of every node.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Options of the section <c>Bosh</c> of one node, by its number from 1; they come after <see cref="Settings"/>.</summary>
    public Func<int, IReadOnlyDictionary<string, string>>? NodeSettings { get; init; }

    /// <summary>Hears what a node prints: its number and a line.</summary>
    public Action<int, string>? Output { get; init; }
}
