using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Tests.Database;

/// <summary>The secrets of a cluster as two of its nodes see them.</summary>
public sealed class ClusterSecretsTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private ClusterDatabase _database = null!;
    private ClusterSecrets _first = null!;
    private ClusterSecrets _second = null!;

    public async Task InitializeAsync()
    {
        _database = await ClusterDatabase.OpenAsync(
            await SharedPostgres.CreateDatabaseAsync(), TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);
        var nodes = await Task.WhenAll(OpenAsync(), OpenAsync());
        (_first, _second) = (nodes[0], nodes[1]);
        _time.Advance(TimeSpan.FromMinutes(1));
    }

    public async Task DisposeAsync()
    {
        _first.Dispose();
        _second.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_that_start_at_once_have_the_same_secrets_and_later_ones_too()
    {
        using var third = await OpenAsync();
        foreach (var node in new[] { _second, third })
        {
            Assert.Equal(_first.DecoySecret, node.DecoySecret);
            AssertReads(node, _first.SessionIds.Create());
            AssertReads(_first, node.SessionIds.Create());
        }

        Assert.NotEqual(_first.DecoySecret, (await new SecretTable(_database.DataSource).ReadAsync(SecretTable.SessionId, default))[0].Secret);
    }

    [Fact]
    public async Task A_rotation_is_never_noticed_by_a_client()
    {
        var old = _first.SessionIds.Create();
        Assert.True(await RotateAsync());
        await _first.RefreshAsync();

        // Until the second node has had its time to read the new key, nobody makes ids with it.
        AssertReads(_second, _first.SessionIds.Create());
        _time.Advance(KeySchedule.Grace - TimeSpan.FromSeconds(1));
        await _first.RefreshAsync();
        AssertReads(_second, _first.SessionIds.Create());
        await _second.RefreshAsync();

        // One node is first to make ids with it, and they know each other's.
        _time.Advance(TimeSpan.FromSeconds(1));
        await _first.RefreshAsync();
        var young = _first.SessionIds.Create();
        AssertReads(_second, young);
        AssertReads(_first, _second.SessionIds.Create());
        AssertReads(_first, old);
        await _second.RefreshAsync();
        AssertReads(_second, old);

        // The next rotation ends what the one before has left.
        Assert.True(await RotateAsync());
        await _first.RefreshAsync();
        Assert.False(_first.SessionIds.TryRead(old.Sid, out _));
        AssertReads(_first, young);
    }

    [Fact]
    public async Task The_next_key_is_made_only_when_the_last_one_is_in_force()
    {
        Assert.True(await RotateAsync());
        _time.Advance(KeySchedule.Grace - TimeSpan.FromSeconds(1));
        Assert.False(await RotateAsync());
        _time.Advance(TimeSpan.FromSeconds(1));

        var results = await Task.WhenAll(RotateAsync(), RotateAsync(), RotateAsync());

        Assert.Single(results, isRotated => isRotated);
        Assert.Equal([2, 1], await KeyNumbersAsync());
    }

    [Fact]
    public async Task Numbers_start_again_when_they_are_used_up_and_a_node_that_starts_makes_no_key_of_its_own()
    {
        for (var i = 0; i < 256; i++)
        {
            _time.Advance(KeySchedule.Grace);
            Assert.True(await RotateAsync());
        }

        Assert.Equal([0, 255], await KeyNumbersAsync());
        _time.Advance(KeySchedule.Grace);
        await RotateAsync();
        _time.Advance(KeySchedule.Grace);
        await RotateAsync();
        using var third = await OpenAsync();
        Assert.Equal([2, 1], await KeyNumbersAsync());
    }

    [Fact]
    public async Task A_running_node_finds_a_new_key_by_itself()
    {
        await _second.StartAsync(default);
        Assert.True(await RotateAsync());

        // A new key that is known, but not used: an id of a node that is further on.
        var keys = await new SecretTable(_database.DataSource).ReadAsync(SecretTable.SessionId, default);
        var ahead = new SessionIds(new(keys[0].Number, keys[0].Secret)).Create();
        Assert.False(_second.SessionIds.TryRead(ahead.Sid, out _));
        await Eventually.IsTrueAsync(
            () =>
            {
                _time.Advance(ClusterSecrets.RefreshPeriod);
                return _second.SessionIds.TryRead(ahead.Sid, out _);
            },
            "the node has found the key");

        await _second.StopAsync(default);
    }

    [Fact]
    public async Task A_node_that_has_missed_a_rotation_looks_for_the_key_of_a_session_id_but_not_for_each_made_up_one()
    {
        var forged = new SessionIds(new(99, new byte[32])).Create().Sid;
        var alien = new SessionIds(new(0, new byte[32])).Create().Sid;
        Assert.False(await _second.FindKeyAsync(alien)); // a known number, a wrong key: nothing to look for
        Assert.False(await _second.FindKeyAsync("nonsense"));
        Assert.False(await _second.FindKeyAsync(forged)); // looks

        Assert.True(await RotateAsync());
        _time.Advance(KeySchedule.Grace);
        await _first.RefreshAsync();
        var young = _first.SessionIds.Create();
        Assert.True(await _second.FindKeyAsync(young.Sid));
        AssertReads(_second, young);

        Assert.True(await RotateAsync());
        _time.Advance(ClusterSecrets.ShortestSearchPeriod - TimeSpan.FromSeconds(1));
        var next = (await new SecretTable(_database.DataSource).ReadAsync(SecretTable.SessionId, default))[0];
        var ahead = new SessionIds(new(next.Number, next.Secret)).Create().Sid;
        Assert.False(await _second.FindKeyAsync(ahead)); // has looked a moment ago
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await _second.FindKeyAsync(ahead));
    }

    [Theory]
    [InlineData("ALTER TABLE cluster_secret RENAME TO gone")]
    [InlineData("DELETE FROM cluster_secret")]
    public async Task A_node_that_cannot_read_the_keys_goes_on_with_those_it_has(string accident)
    {
        await using (var command = _database.DataSource.CreateCommand(accident)) await command.ExecuteNonQueryAsync();
        var old = _second.SessionIds.Create();

        await _first.RefreshAsync();

        AssertReads(_first, old);
        AssertReads(_second, _first.SessionIds.Create());
    }

    private Task<ClusterSecrets> OpenAsync() => ClusterSecrets.OpenAsync(_database, _time, NullLogger.Instance);

    private async Task<bool> RotateAsync() => (await new SecretTable(_database.DataSource).RotateAsync(_time.GetUtcNow(), default)).IsRotated;

    private async Task<IEnumerable<int>> KeyNumbersAsync() =>
        (await new SecretTable(_database.DataSource).ReadAsync(SecretTable.SessionId, default)).Select(key => (int)key.Number);

    private static void AssertReads(ClusterSecrets node, (string Sid, Guid Id) made)
    {
        Assert.True(node.SessionIds.TryRead(made.Sid, out var id));
        Assert.Equal(made.Id, id);
    }
}
