namespace OrleansBosh.Cluster.Limits;

/// <summary>How many sessions there may be at this node at the same time; null for as many as come.</summary>
/// <param name="PerAddress">Of one client address: an IPv4 address or an IPv6 /64.</param>
/// <param name="PerUser">Of one bare JID.</param>
public sealed record SessionLimits(int? PerAddress, int? PerUser);
