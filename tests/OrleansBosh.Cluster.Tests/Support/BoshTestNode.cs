using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Cluster.Tests.Support;

/// <summary>One node of a <see cref="BoshTestCluster"/>.</summary>
public sealed class BoshTestNode(ServerSettings settings, InProcessSiloHandle silo)
{
    public InProcessSiloHandle Silo { get; } = silo;

    public IPAddress Address { get; } = settings.Listen[0].Addresses[0];

    public string? PublicHost { get; } = settings.Node.PublicHost;

    public Uri Url { get; } = new($"{settings.Listen[0].Url}/http-bind");

    public LocalSessions LocalSessions => Silo.ServiceProvider.GetRequiredService<LocalSessions>();

    /// <summary>What has been asked of this node's grains.</summary>
    public GrainCalls Calls => Silo.ServiceProvider.GetRequiredService<GrainCalls>();

    /// <summary>How many sessions this node owns.</summary>
    public int SessionCount => LocalSessions.Count;
}
