namespace OrleansBosh.Cluster.Database;

/// <summary>Makes a silo a member of the cluster of a database.</summary>
public static class ClusterDatabaseExtensions
{
    /// <summary>Keeps the membership in an open database, which stays the caller's.</summary>
    public static ISiloBuilder UseClusterDatabase(this ISiloBuilder silo, ClusterDatabase database) => silo.UseAdoNetClustering(options =>
    {
        options.Invariant = "Npgsql";
        options.DataSource = database.DataSource;
    });
}
