using Microsoft.Extensions.Logging.Abstractions;
using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Tests.Support;

namespace OrleansBosh.Cluster.Tests;

/// <summary>On a real PostgreSQL; each test finds the tables empty.</summary>
public sealed class PostgreSqlStorageTests(PostgreSqlStorageTests.Fixture fixture) : StorageTests, IClassFixture<PostgreSqlStorageTests.Fixture>
{
    public override async Task InitializeAsync()
    {
        await using var empty = fixture.Database.DataSource.CreateCommand("TRUNCATE account, account_key, roster, roster_item, subscription_request, offline_message");
        await empty.ExecuteNonQueryAsync();
        await base.InitializeAsync();
    }

    // With time enough for a machine that is busy with other tests.
    protected override Task<DomainStore> OpenAsync() => DomainStore.OpenAsync(new PostgreSqlDialect(fixture.Database, TimeSpan.FromSeconds(60)));

    /// <summary>One database for all tests of this class.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        public ClusterDatabase Database { get; private set; } = null!;

        public async Task InitializeAsync() => Database = await ClusterDatabase.OpenAsync(
            await SharedPostgres.CreateDatabaseAsync(), TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);

        public async Task DisposeAsync() => await Database.DisposeAsync();
    }
}
