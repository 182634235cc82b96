using Microsoft.Extensions.Logging.Abstractions;
using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Tests.Support;

namespace OrleansBosh.Cluster.Tests.Database;

/// <summary>The domain of a cluster as its nodes find it when they start.</summary>
public sealed class ClusterDomainTests : IAsyncLifetime
{
    private ClusterDatabase _database = null!;

    public async Task InitializeAsync() => _database = await ClusterDatabase.OpenAsync(
        await SharedPostgres.CreateDatabaseAsync(), TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task A_node_with_another_domain_than_the_first_hears_both_and_what_to_do()
    {
        await Domain().ClaimAsync("example.com");
        await Domain().ClaimAsync("example.com");

        var refusal = await Assert.ThrowsAsync<StorageOpenException>(() => Domain().ClaimAsync("example.org"));
        Assert.Equal(
            $"Bosh:Domain is example.org, but the cluster chat in {_database.Location} serves example.com: all nodes of a cluster serve one domain. "
            + "Correct it, or set another Bosh:ClusterId; to change the domain of the cluster stop all its nodes and run 'database set-domain example.org'.",
            refusal.Message);
        Assert.Equal("example.com", await Domain().ReadAsync(default));
    }

    [Fact]
    public async Task Of_nodes_with_two_domains_that_start_at_once_those_with_one_start()
    {
        string[] domains = ["example.com", "example.org", "example.com", "example.org"];
        var refusals = await Task.WhenAll(domains.Select(domain => Record.ExceptionAsync(() => Domain().ClaimAsync(domain))));

        var known = await Domain().ReadAsync(default);
        Assert.Equal(domains.Select(domain => domain != known), refusals.Select(refusal => refusal is StorageOpenException));
    }

    [Fact]
    public async Task A_change_on_purpose_turns_it_around()
    {
        await Domain().ClaimAsync("example.com");
        await Domain().SetAsync("example.org", default);

        await Domain().ClaimAsync("example.org");
        await Assert.ThrowsAsync<StorageOpenException>(() => Domain().ClaimAsync("example.com"));
    }

    [Fact]
    public async Task Clusters_that_share_a_database_have_domains_of_their_own()
    {
        await Domain().ClaimAsync("example.com");
        await Domain("other").ClaimAsync("example.org");

        Assert.Equal(("example.com", "example.org"), (await Domain().ReadAsync(default), await Domain("other").ReadAsync(default)));
    }

    private ClusterDomain Domain(string clusterId = "chat") => new(_database, clusterId);
}
