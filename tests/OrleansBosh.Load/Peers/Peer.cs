using System.Diagnostics;

namespace OrleansBosh.Load.Peers;

/// <summary>Another BOSH server that a <see cref="PeerProcess"/> can run: how its Debian package is configured and started.</summary>
public abstract record Peer(string Name)
{
    /// <summary>Peers by name, as a command line or an environment variable says it.</summary>
    public static IReadOnlyList<Peer> All { get; } = [new ProsodyPeer(), new EjabberdPeer()];

    /// <summary>The domain where guests log in (SASL ANONYMOUS).</summary>
    public virtual string GuestDomain => "localhost";

    /// <summary>The domain of the accounts (SASL PLAIN and SCRAM-SHA-1); the same where a server has both in one domain.</summary>
    public abstract string AccountDomain { get; }

    /// <exception cref="ArgumentException">There is no such peer.</exception>
    public static Peer Named(string name) =>
        All.FirstOrDefault(peer => peer.Name == name)
        ?? throw new ArgumentException($"'{name}' is no peer; there are {string.Join(", ", All.Select(peer => peer.Name))}.");

    /// <summary>Writes the configuration into the folder, and says how the server starts with it, in the foreground.</summary>
    internal abstract ProcessStartInfo Prepare(string folder, int port, PeerSettings settings);

    protected static string Seconds(TimeSpan duration) => $"{(int)duration.TotalSeconds}";
}
