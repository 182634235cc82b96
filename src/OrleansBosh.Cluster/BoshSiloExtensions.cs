using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Nodes;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster;

/// <summary>What makes a silo a BOSH node. The one way, for the server and for every test silo.</summary>
public static class BoshSiloExtensions
{
    /// <summary>Adds BOSH sessions to a silo. The backend (for example the embedded domain) is registered besides.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="settings">What its sessions run on.</param>
    /// <param name="sessionIds">The cluster's keys for session ids; all nodes must have the same.</param>
    public static ISiloBuilder AddBoshSessions(this ISiloBuilder silo, BoshNodeSettings settings, SessionIds sessionIds)
    {
        silo.Services.AddSingleton(settings);
        silo.Services.AddSingleton(sessionIds);
        silo.Services.TryAddSingleton<LocalSessions>();
        silo.Services.TryAddSingleton<BoshMeter>();
        silo.Services.TryAddSingleton<AddressLimits>();
        silo.Services.AddSingleton(new SessionCounts(settings.MaxSessionsPerAddress, settings.MaxSessions));
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddSingleton<SessionServices>();
        silo.Services.AddSingleton<BoshSessions>();
        silo.Services.AddSingleton<NodeDirectory>();
        silo.Services.AddSingleton<INodeDirectory>(static services => services.GetRequiredService<NodeDirectory>());
        silo.Services.AddHostedService(static services => services.GetRequiredService<NodeDirectory>());
        silo.Services.AddSingleton<NodeServiceClient>();
        // The client cannot be made before its silo.
        silo.Services.AddSingleton(static services => new Lazy<NodeServiceClient>(services.GetRequiredService<NodeServiceClient>));
        silo.AddGrainService<NodeService>();
        silo.Services.AddHostedService<SessionShutdown>();
        silo.Configure<SiloMessagingOptions>(options =>
        {
            // Held requests have a time-out of their own (IBoshSessionGrain.ResponseTimeout); whoever else waits this long has lost.
            options.ResponseTimeout = TimeSpan.FromSeconds(10);
            options.SystemResponseTimeout = TimeSpan.FromSeconds(10);
            options.CancelRequestOnTimeout = true;
            // A held request is no slow request: otherwise each one would be a warning in the log every few seconds.
            options.RequestProcessingWarningTime = settings.Session.MaxWait + TimeSpan.FromSeconds(30);
        });
        silo.Configure<GrainCollectionOptions>(options =>
        {
            options.DeactivationTimeout = TimeSpan.FromSeconds(10);
            options.ActivationTimeout = TimeSpan.FromSeconds(10);
        });
        // With the default directory every silo that goes takes sessions of the healthy ones with it. It is marked experimental.
#pragma warning disable ORLEANSEXP003
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        // The lease of a dead silo's range would delay the failover by up to 30 s.
        silo.Services.Configure<GrainDirectoryOptions>(options => options.RangeLeaseDuration = TimeSpan.Zero);
        return silo;
    }
}
