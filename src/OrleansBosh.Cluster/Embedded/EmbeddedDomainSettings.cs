namespace OrleansBosh.Cluster.Embedded;

/// <summary>What the embedded domain runs on, after validation of the operator's options.</summary>
/// <param name="Domain">The served domain, prepared.</param>
/// <param name="AllowPlainWithoutTls">Offer SASL PLAIN on unencrypted connections too (B-SEC-05).</param>
/// <param name="AllowAnonymous">Offer SASL ANONYMOUS: guests get a random account that lives as long as their session.</param>
/// <param name="AllowRegistration">In-band registration (XEP-0077), on connections where PLAIN would be offered.</param>
/// <param name="MaxOfflineMessages">Messages kept for one user who is away.</param>
/// <param name="MaxRosterItems">Contacts in one roster.</param>
/// <param name="MaxResources">Resources of one account at the same time.</param>
/// <param name="LoopbackOnly">What is allowed above holds for clients on this machine only: the trial (a proxy in front opens nothing).</param>
/// <param name="MaxRegistrationsPerHour">New accounts of one client address, at this node.</param>
/// <param name="ScramIterations">Iteration count for new passwords (RFC 7677: at least 4096).</param>
public sealed record EmbeddedDomainSettings(
    string Domain,
    bool AllowPlainWithoutTls = false,
    bool AllowAnonymous = false,
    bool AllowRegistration = false,
    int MaxOfflineMessages = 500,
    int MaxRosterItems = 1000,
    int MaxResources = 20,
    int ScramIterations = 10_000,
    bool LoopbackOnly = false,
    int MaxRegistrationsPerHour = 60)
{
    /// <summary>
    /// Makes unknown accounts look like known ones to a login (<see cref="OrleansBosh.Protocol.Sasl.SaslSettings.DecoySecret"/>). The
    /// default is random: a value that stays the same on all nodes and over restarts hides more.
    /// </summary>
    public byte[] DecoySecret { get; init; } = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
}
