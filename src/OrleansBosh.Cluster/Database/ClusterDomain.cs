using Npgsql;
using OrleansBosh.Cluster.Storage;

namespace OrleansBosh.Cluster.Database;

/// <summary>
/// The domain that all nodes of a cluster serve, in the table <c>cluster_domain</c>. Users of two domains in one cluster could not reach
/// each other, and each node would refuse the other's clients. The database decides, not the nodes that happen to run: after a power cut
/// the wrong one may be the first.
/// </summary>
/// <param name="database">May hold several clusters.</param>
/// <param name="clusterId">Which of them.</param>
public sealed class ClusterDomain(ClusterDatabase database, string clusterId)
{
    /// <summary>For a node or an account command, before it does anything for <paramref name="domain"/>: the first one fixes it.</summary>
    /// <exception cref="StorageOpenException">The cluster serves another domain, or the database cannot be used.</exception>
    public async Task ClaimAsync(string domain, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var insert = Command("INSERT INTO cluster_domain (cluster_id, domain) VALUES (@cluster, @domain) ON CONFLICT DO NOTHING", domain);
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception e) when (PostgreSqlErrors.IsFailure(e))
        {
            throw database.Failed(e);
        }

        if (await ReadAsync(cancellationToken) is not { } known || known == domain) return;
        throw new StorageOpenException(
            $"Bosh:Domain is {domain}, but the cluster {clusterId} in {database.Location} serves {known}: all nodes of a cluster serve one domain. "
            + $"Correct it, or set another Bosh:ClusterId; to change the domain of the cluster stop all its nodes and run 'database set-domain {domain}'.");
    }

    /// <summary>Null before the first claim.</summary>
    /// <exception cref="StorageOpenException">The database cannot be used.</exception>
    internal async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var query = Command("SELECT domain FROM cluster_domain WHERE cluster_id = @cluster");
            return (string?)await query.ExecuteScalarAsync(cancellationToken);
        }
        catch (Exception e) when (PostgreSqlErrors.IsFailure(e))
        {
            throw database.Failed(e);
        }
    }

    /// <summary>Nodes that run are not told: they have compared at their start.</summary>
    /// <exception cref="StorageOpenException">The database cannot be used.</exception>
    internal async Task SetAsync(string domain, CancellationToken cancellationToken)
    {
        try
        {
            await using var upsert = Command(
                "INSERT INTO cluster_domain (cluster_id, domain) VALUES (@cluster, @domain) ON CONFLICT (cluster_id) DO UPDATE SET domain = excluded.domain",
                domain);
            await upsert.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception e) when (PostgreSqlErrors.IsFailure(e))
        {
            throw database.Failed(e);
        }
    }

    private NpgsqlCommand Command(string sql, string? domain = null)
    {
        var command = database.DataSource.CreateCommand(sql);
        command.Parameters.Add(new("cluster", clusterId));
        if (domain is not null) command.Parameters.Add(new("domain", domain));
        return command;
    }
}
