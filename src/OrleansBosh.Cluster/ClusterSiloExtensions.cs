using System.Net;
using Orleans.Configuration;
using OrleansBosh.Cluster.Database;

namespace OrleansBosh.Cluster;

/// <summary>What makes a silo a member of a cluster: the membership table in PostgreSQL and how failures are noticed.</summary>
public static class ClusterSiloExtensions
{
    /// <summary>Clusters a silo through PostgreSQL.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="database">The cluster's, open; it stays the caller's.</param>
    /// <param name="clusterId">Separates clusters that share a database.</param>
    /// <param name="name">What operators see in the membership table, for example the node's public URL.</param>
    /// <param name="endpoint">Where the other silos reach this one. Whoever else can reach it owns the cluster, so it is a private address.</param>
    public static ISiloBuilder UseBoshCluster(this ISiloBuilder silo, ClusterDatabase database, string clusterId, string name, IPEndPoint endpoint)
    {
        silo.UseAdoNetClustering(options =>
        {
            options.Invariant = "Npgsql";
            options.DataSource = database.DataSource;
        });
        silo.Configure<ClusterOptions>(options =>
        {
            options.ClusterId = clusterId;
            options.ServiceId = "orleans-bosh";
        });
        silo.Configure<SiloOptions>(options => options.SiloName = name);
        silo.Configure<EndpointOptions>(options =>
        {
            options.AdvertisedIPAddress = endpoint.Address;
            options.SiloListeningEndpoint = endpoint;
            options.SiloPort = endpoint.Port;
            options.GatewayPort = 0;
        });
        silo.Configure<ClusterMembershipOptions>(ConfigureFailureDetection);
        silo.Configure<ConnectionOptions>(options => options.OpenConnectionTimeout = TimeSpan.FromSeconds(2));
        return silo;
    }

    /// <summary>
    /// A killed node is noticed within about 2 s, a frozen one within about 4 s. Faster would declare a healthy node dead that a busy
    /// machine starves for 2 or 3 s, and such a node ends itself.
    /// </summary>
    private static void ConfigureFailureDetection(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        // Four times the probe by default: that long and times the missed probes a frozen node would count as connected, and so as alive.
        options.MaxProbeTimeout = TimeSpan.FromSeconds(1);
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 2;
        // Only repairs a lost gossip.
        options.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        // After the death of all nodes one that returns waits until the others' rows are three of these old.
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        options.MaxJoinAttemptTime = TimeSpan.FromMinutes(1);
        options.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }
}
