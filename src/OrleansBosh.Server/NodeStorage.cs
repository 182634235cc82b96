using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Server;

/// <summary>Where a node keeps what must outlive it: a SQLite file of its own, or the PostgreSQL database of its cluster.</summary>
/// <param name="Store">Accounts, rosters, offline messages.</param>
/// <param name="Database">The cluster's; null on a single node.</param>
/// <param name="Secrets">The cluster's; null on a single node.</param>
internal sealed record NodeStorage(DomainStore Store, ClusterDatabase? Database = null, ClusterSecrets? Secrets = null) : IAsyncDisposable
{
    /// <summary>Opens it; in a cluster that waits for the database.</summary>
    /// <exception cref="StorageOpenException">Not possible; the message is one line for the operator.</exception>
    public static async Task<NodeStorage> OpenAsync(ServerSettings settings, ILogger logger)
    {
        if (settings.Cluster is not { } cluster) return new(await DomainStore.OpenAsync(new SqliteDialect(settings.DataFile)));
        var database = await ClusterDatabase.OpenAsync(cluster.Database, cluster.DatabasePatience, TimeProvider.System, logger);
        try
        {
            await new ClusterDomain(database, cluster.ClusterId).ClaimAsync(settings.Domain.Domain);
            var secrets = await ClusterSecrets.OpenAsync(database, TimeProvider.System, logger);
            return new(await DomainStore.OpenAsync(new PostgreSqlDialect(database)), database, secrets);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Secrets?.Dispose();
        if (Database is not null) await Database.DisposeAsync();
    }
}
