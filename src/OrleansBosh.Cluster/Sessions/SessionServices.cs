using Microsoft.Extensions.Logging;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Xmpp;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>What all sessions of a silo share.</summary>
internal sealed record SessionServices(
    IXmppBackend Backend,
    BoshNodeSettings Settings,
    LocalSessions Sessions,
    SessionCounts Counts,
    BoshMeter Meter,
    TimeProvider Time,
    ILogger<LocalSession> Logger);
