using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Tests.Support;

namespace OrleansBosh.Cluster.Tests.Database;

/// <summary>Our script of the membership under the provider that uses it, as two nodes would.</summary>
public sealed class MembershipTableTests : IAsyncLifetime
{
    private static readonly DateTime Noon = new(2026, 1, 1, 12, 0, 0, DateTimeKind.Utc);

    private ClusterDatabase _database = null!;
    private IHost _firstHost = null!;
    private IHost _secondHost = null!;
    private IMembershipTable _first = null!;
    private IMembershipTable _second = null!;

    public async Task InitializeAsync()
    {
        _database = await ClusterDatabase.OpenAsync(
            await SharedPostgres.CreateDatabaseAsync(), TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);
        _firstHost = BuildHost();
        _secondHost = BuildHost();
        _first = _firstHost.Services.GetRequiredService<IMembershipTable>();
        _second = _secondHost.Services.GetRequiredService<IMembershipTable>();
        await Task.WhenAll(_first.InitializeMembershipTableAsync(true, default), _second.InitializeMembershipTableAsync(true, default));
    }

    public async Task DisposeAsync()
    {
        _firstHost.Dispose();
        _secondHost.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public void It_is_the_providers_table_that_is_tested() =>
        Assert.Equal("AdoNetClusteringTable", _first.GetType().Name);

    [Fact]
    public async Task A_table_without_silos_has_a_version()
    {
        var table = await _second.ReadAllAsync(default);
        Assert.Empty(table.Members);
        Assert.Equal(0, table.Version.Version);
        Assert.Empty((await _second.ReadRowAsync(Silo(1), default)).Members);
    }

    [Fact]
    public async Task A_silo_comes_back_as_it_was_written()
    {
        var entry = Entry(1);
        Assert.True(await InsertAsync(entry));

        var table = await _second.ReadAllAsync(default);

        Assert.Equal(1, table.Version.Version);
        AssertSame(entry, Assert.Single(table.Members).Item1);
        AssertSame(entry, Assert.Single((await _second.ReadRowAsync(entry.SiloAddress, default)).Members).Item1);
    }

    [Fact]
    public async Task An_update_writes_status_votes_and_sign_of_life()
    {
        var entry = Entry(1);
        await InsertAsync(entry);
        await InsertAsync(Entry(2));
        entry.Status = SiloStatus.Dead;
        entry.IAmAliveTime = Noon.AddMinutes(2);
        entry.AddSuspector(Silo(2), Noon.AddMinutes(1));
        entry.AddSuspector(Silo(3), Noon.AddMinutes(1));

        Assert.True(await UpdateAsync(entry));

        var table = await _second.ReadAllAsync(default);
        Assert.Equal(3, table.Version.Version);
        AssertSame(entry, table.Members.Single(member => member.Item1.SiloAddress.Equals(entry.SiloAddress)).Item1);
        AssertSame(Entry(2), table.Members.Single(member => member.Item1.SiloAddress.Equals(Silo(2))).Item1);
    }

    [Fact]
    public async Task Of_concurrent_updates_with_one_version_exactly_one_wins()
    {
        await InsertAsync(Entry(1));
        await InsertAsync(Entry(2));
        for (var round = 0; round < 20; round++)
        {
            var seen = await _first.ReadAllAsync(default);
            var next = seen.Version.Next();
            var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
            {
                var entry = Entry(1 + (i % 2));
                entry.Status = i % 2 == 0 ? SiloStatus.Active : SiloStatus.ShuttingDown;
                return (i % 2 == 0 ? _first : _second).UpdateRowAsync(entry, seen.Version.VersionEtag, next, default);
            }));

            Assert.Single(results, isWritten => isWritten);
            Assert.Equal(next.Version, (await _second.ReadAllAsync(default)).Version.Version);
        }
    }

    [Fact]
    public async Task Of_concurrent_inserts_with_one_version_exactly_one_wins()
    {
        var next = (await _first.ReadAllAsync(default)).Version.Next();
        var results = await Task.WhenAll(Enumerable.Range(1, 6).Select(i => (i % 2 == 0 ? _first : _second).InsertRowAsync(Entry(i), next, default)));

        Assert.Single(results, isWritten => isWritten);
        var table = await _second.ReadAllAsync(default);
        Assert.Single(table.Members);
        Assert.Equal(1, table.Version.Version);
    }

    [Fact]
    public async Task What_is_refused_leaves_no_trace()
    {
        await InsertAsync(Entry(1));
        var stale = (await _first.ReadAllAsync(default)).Version;
        await InsertAsync(Entry(2));
        var current = (await _first.ReadAllAsync(default)).Version;
        var dead = Entry(1);
        dead.Status = SiloStatus.Dead;

        Assert.False(await _first.InsertRowAsync(Entry(1), current.Next(), default)); // is there
        Assert.False(await _first.UpdateRowAsync(Entry(9), current.VersionEtag, current.Next(), default)); // is not
        Assert.False(await _first.InsertRowAsync(Entry(3), stale.Next(), default));
        Assert.False(await _first.UpdateRowAsync(dead, stale.VersionEtag, stale.Next(), default));

        var table = await _second.ReadAllAsync(default);
        Assert.Equal(current.Version, table.Version.Version);
        Assert.Equal(2, table.Members.Count);
        Assert.All(table.Members, member => Assert.Equal(SiloStatus.Active, member.Item1.Status));
    }

    [Fact]
    public async Task A_sign_of_life_does_not_change_the_version()
    {
        await InsertAsync(Entry(1));
        await InsertAsync(Entry(2));
        var alive = Entry(1);
        alive.IAmAliveTime = Noon.AddHours(1);

        await _first.UpdateIAmAliveAsync(alive, default);

        var table = await _second.ReadAllAsync(default);
        Assert.Equal(2, table.Version.Version);
        AssertSame(alive, table.Members.Single(member => member.Item1.SiloAddress.Equals(Silo(1))).Item1);
        AssertSame(Entry(2), table.Members.Single(member => member.Item1.SiloAddress.Equals(Silo(2))).Item1);
    }

    [Fact]
    public async Task Clean_up_removes_old_entries_but_no_active_silo()
    {
        await InsertAsync(Entry(1));
        foreach (var (number, time) in new[] { (2, Noon), (3, Noon.AddHours(2)) })
        {
            var dead = Entry(number);
            dead.Status = SiloStatus.Dead;
            dead.IAmAliveTime = time;
            await InsertAsync(dead);
        }

        await _first.CleanupDefunctSiloEntriesAsync(Noon.AddHours(1), default);

        Assert.Equal(
            [Silo(1), Silo(3)],
            (await _second.ReadAllAsync(default)).Members.Select(member => member.Item1.SiloAddress).Order());
    }

    [Fact]
    public async Task Deleting_a_cluster_leaves_others_alone()
    {
        using var otherHost = BuildHost("another");
        var other = otherHost.Services.GetRequiredService<IMembershipTable>();
        await other.InitializeMembershipTableAsync(true, default);
        await InsertAsync(Entry(1));
        Assert.True(await other.InsertRowAsync(Entry(1), (await other.ReadAllAsync(default)).Version.Next(), default));

        await _first.DeleteMembershipTableEntriesAsync("test", default);

        Assert.Single((await other.ReadAllAsync(default)).Members);
        await _second.InitializeMembershipTableAsync(true, default); // makes the version row again
        Assert.Empty((await _second.ReadAllAsync(default)).Members);
    }

    private IHost BuildHost(string clusterId = "test")
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo.UseBoshCluster(_database, clusterId, "node", new(IPAddress.Loopback, 11111)));
        return builder.Build();
    }

    private async Task<bool> InsertAsync(MembershipEntry entry) => await _first.InsertRowAsync(entry, (await _first.ReadAllAsync(default)).Version.Next(), default);

    private async Task<bool> UpdateAsync(MembershipEntry entry)
    {
        var table = await _first.ReadAllAsync(default);
        return await _first.UpdateRowAsync(entry, table.Version.VersionEtag, table.Version.Next(), default);
    }

    private static SiloAddress Silo(int number) => SiloAddress.New(IPAddress.Parse($"10.0.0.{number}"), 11111, 1000 + number);

    private static MembershipEntry Entry(int number) => new()
    {
        SiloAddress = Silo(number),
        SiloName = $"silo {number}",
        HostName = $"t{number}.example.com",
        Status = SiloStatus.Active,
        ProxyPort = 0,
        StartTime = Noon.AddMilliseconds(number),
        IAmAliveTime = Noon.AddMilliseconds(number),
    };

    private static void AssertSame(MembershipEntry expected, MembershipEntry actual)
    {
        Assert.Equal(expected.SiloAddress, actual.SiloAddress);
        Assert.Equal(expected.SiloName, actual.SiloName);
        Assert.Equal(expected.HostName, actual.HostName);
        Assert.Equal(expected.Status, actual.Status);
        Assert.Equal(expected.ProxyPort, actual.ProxyPort);
        Assert.Equal(expected.StartTime, actual.StartTime);
        Assert.Equal(expected.IAmAliveTime, actual.IAmAliveTime);
        Assert.Equal(expected.SuspectTimes ?? [], actual.SuspectTimes ?? []);
    }
}
