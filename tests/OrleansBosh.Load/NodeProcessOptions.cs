namespace OrleansBosh.Load;

/// <summary>How a <see cref="NodeProcess"/> is started.</summary>
public sealed record NodeProcessOptions
{
    /// <summary>A loopback address: 127.0.0.1, .2, .3 are the nodes of one cluster on one machine.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>0 takes a free port.</summary>
    public int Port { get; init; }

    /// <summary>The node serves https, with a certificate for its address that this authority issued (<c>CertificateFile</c>). Null: http.</summary>
    public TestAuthority? Authority { get; init; }

    /// <summary>Kept when the node ends. Null: a temporary one, deleted with the node.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Options of the section <c>Bosh</c> by name, like <c>["Inactivity"] = "00:00:05"</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The command line after the program.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Path of <c>OrleansBosh.Server.dll</c>. Null: the one that was built with the tests.</summary>
    public string? ServerAssembly { get; init; }

    /// <summary>Ctrl+C at the terminal does not reach the node: who started it stops it, in order. Needs <c>setsid</c>.</summary>
    public bool InOwnSession { get; init; }

    /// <summary>A program with arguments that becomes the node, such as <c>faketime -f +10s</c>.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>How long the start may take.</summary>
    public TimeSpan ReadyLimit { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Hears each line that the process prints, as it comes.</summary>
    public Action<string>? Output { get; init; }
}
