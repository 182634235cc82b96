using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>What the sessions of one node run on.</summary>
/// <param name="Session">The engine's limits and defaults.</param>
/// <param name="PublicUrl">The BOSH URL by which clients reach this node; null takes the host of the creation request.</param>
/// <param name="SendNodeHostname">Put <c>host</c> on every body of a session.</param>
/// <param name="MaxSessionsPerAddress">Sessions of one client address at this node at the same time; null for any number.</param>
/// <param name="MaxSessions">Sessions of this node at the same time; null for any number.</param>
public sealed record BoshNodeSettings(
    BoshSessionSettings Session, Uri? PublicUrl, bool SendNodeHostname, int? MaxSessionsPerAddress = null, int? MaxSessions = null)
{
    /// <summary>What <c>host</c> advertises.</summary>
    public string? PublicHost => PublicUrl?.Host;
}
