using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load;
using Xunit.Abstractions;

namespace OrleansBosh.Cluster.Tests;

/// <summary>A server that goes, comes, or does not answer: nothing that was accepted is lost, and what is refused is refused soon.</summary>
public sealed class PostgreSqlFailureTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Juliet = StorageFolder.Juliet;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private PostgresServer _server = null!;
    private string _connectionString = null!;
    private ClusterDatabase _database = null!;
    private DomainStore _store = null!;

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.StartNewAsync();
        _connectionString = await _server.CreateDatabaseAsync() + SharedPostgres.Patient;
        _database = await ClusterDatabase.OpenAsync(_connectionString, TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);
        _store = await OpenAsync(Patience);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task While_the_server_is_away_all_is_refused_and_when_it_is_back_the_first_call_succeeds()
    {
        // Leaves idle connections behind, which the outage breaks.
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _store.AddAsync(Juliet, StorageFolder.Message($"{i}"), 100).AsTask()));
        await _server.StopAsync();

        var write = await Assert.ThrowsAsync<StorageException>(async () => await _store.AddAsync(Juliet, StorageFolder.Message("refused"), 100));
        Assert.StartsWith($"{_database.Location}: it ", write.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StorageException>(async () => await _store.ReadAsync(Juliet, 100));
        await Assert.ThrowsAsync<StorageException>(async () => await _store.AddAsync(StorageFolder.Domain, "juliet", StorageFolder.Credentials));

        await _server.StartAsync();
        Assert.True(await _store.AddAsync(Juliet, StorageFolder.Message("taken"), 100));
        var bodies = StorageFolder.Bodies(await _store.ReadAsync(Juliet, 100)).ToArray();
        Assert.Equal(21, bodies.Length);
        Assert.Equal("taken", bodies[^1]);
    }

    [Fact]
    public async Task A_name_that_is_not_resolved_is_a_failure_of_the_store()
    {
        await using var database = ClusterDatabase.Connect(
            $"Host={SharedPostgres.UnresolvableHost};Username=chat", TimeProvider.System, NullLogger.Instance);
        await using var store = await DomainStore.OpenAsync(new PostgreSqlDialect(database, Patience));

        var e = await Assert.ThrowsAsync<StorageException>(async () => await store.ReadAsync(Juliet, 100));

        Assert.StartsWith($"{database.Location}: it cannot be reached (", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bare_exception_of_the_network_is_a_failure_of_the_store()
    {
        var socket = await Assert.ThrowsAsync<StorageException>(async () => await _store.WriteAsync<int>(_ => throw new SocketException((int)SocketError.HostNotFound)));
        var stream = await Assert.ThrowsAsync<StorageException>(async () => await _store.WriteAsync<int>(_ => throw new IOException("broken")));

        Assert.StartsWith($"{_database.Location}: it cannot be reached (", socket.Message, StringComparison.Ordinal);
        Assert.Equal($"{_database.Location}: the connection has broken.", stream.Message);
    }

    [Fact]
    public async Task A_restart_between_two_calls_is_not_noticed()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _store.AddAsync(Juliet, StorageFolder.Message($"{i}"), 100).AsTask()));
        await _server.RestartAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _store.AddAsync(Juliet, StorageFolder.Message($"{i}"), 100).AsTask()));

        Assert.All(results, Assert.True);
        Assert.Equal(40, (await _store.ReadAsync(Juliet, 100)).Count);
    }

    [Fact]
    public async Task What_was_accepted_before_a_crash_under_load_is_there_after_it()
    {
        var accepted = 0;
        var running = Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var mine = new List<string>();
            while (true)
            {
                var body = $"{writer} {mine.Count}";
                try
                {
                    await _store.AddAsync($"user{writer}@example.org", StorageFolder.Message(body), int.MaxValue);
                }
                catch (StorageException)
                {
                    return mine;
                }

                mine.Add(body);
                Interlocked.Increment(ref accepted);
            }
        })).ToArray();
        await Eventually.IsTrueAsync(() => Volatile.Read(ref accepted) > 100, "messages are stored");

        await _server.KillAsync();
        var lists = await Task.WhenAll(running).WaitAsync(Patience);
        await _server.StartAsync();

        for (var writer = 0; writer < lists.Length; writer++)
        {
            var stored = StorageFolder.Bodies(await _store.ReadAsync($"user{writer}@example.org", int.MaxValue)).ToArray();
            // At most the one that was refused in the middle of its commit has been stored all the same.
            Assert.Equal(lists[writer], stored.Take(lists[writer].Count));
            Assert.InRange(stored.Length, lists[writer].Count, lists[writer].Count + 1);
        }
    }

    [Fact]
    public async Task A_write_that_has_to_wait_too_long_is_refused_and_not_stored_later()
    {
        await using var hasty = await OpenAsync(TimeSpan.FromSeconds(0.5));
        await using (var connection = await _database.DataSource.OpenConnectionAsync())
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await new PostgreSqlDialect(_database).LockOwnerAsync(new(connection, transaction), Juliet);

            // More than there are connections for: those that get none are refused after the same time.
            var refused = Enumerable.Range(0, 50).Select(i => hasty.AddAsync(Juliet, StorageFolder.Message($"{i}"), 100).AsTask()).ToArray();
            foreach (var write in refused)
            {
                var e = await Assert.ThrowsAsync<StorageException>(() => write.WaitAsync(Patience));
                Assert.Equal($"{_database.Location}: it does not answer in time.", e.Message);
            }
        }

        Assert.True(await _store.AddAsync(Juliet, StorageFolder.Message("later"), 100));
        Assert.Equal(["later"], StorageFolder.Bodies(await _store.ReadAsync(Juliet, 100)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_waits_too_long_for_a_lock_has_nobody_else_refused(bool isLimitOfNpgsql)
    {
        await using var database = ClusterDatabase.Connect(
            $"{_connectionString};Cancellation Timeout=60000" + (isLimitOfNpgsql ? ";Command Timeout=1" : ""), TimeProvider.System, NullLogger.Instance);
        await using var store = await DomainStore.OpenAsync(new PostgreSqlDialect(database, TimeSpan.FromSeconds(isLimitOfNpgsql ? 4 : 1), Patience));
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await new PostgreSqlDialect(_database).LockOwnerAsync(new(connection, transaction), Juliet);

        // More than may run at once: those that wait for their turn have no word from the server.
        var refused = Enumerable.Range(0, 12).Select(i => store.AddAsync(Juliet, StorageFolder.Message($"{i}"), 100).AsTask()).ToArray();
        foreach (var write in refused)
        {
            var e = await Assert.ThrowsAsync<StorageException>(() => write.WaitAsync(Patience));
            Assert.EndsWith(": it does not answer in time.", e.Message, StringComparison.Ordinal);
        }

        Assert.Empty(await store.ReadAsync("romeo@example.org", 100));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task While_the_server_is_frozen_one_waits_in_vain_and_the_others_do_not_wait()
    {
        var limit = TimeSpan.FromSeconds(4);
        await using var store = await OpenAsync(limit);
        Assert.True(await store.AddAsync(Juliet, StorageFolder.Message("before"), 100));

        _server.Freeze();
        try
        {
            var first = await RefusedAsync(store);
            output.WriteLine($"The first was refused after {first.TotalSeconds:F2} s");
            var others = new List<TimeSpan>();
            for (var i = 0; i < 20; i++) others.Add(await RefusedAsync(store));
            output.WriteLine($"The others were refused after {others.Max().TotalSeconds:F2} s at most");
            Assert.InRange(others.Aggregate((sum, time) => sum + time), TimeSpan.Zero, limit);
        }
        finally
        {
            _server.Thaw();
        }

        await Eventually.IsTrueAsync(() => AcceptsAsync(store), "messages are stored");
        Assert.Equal(["before", "after"], StorageFolder.Bodies(await store.ReadAsync(Juliet, 100)));

        static async Task<TimeSpan> RefusedAsync(DomainStore store)
        {
            var begin = Stopwatch.GetTimestamp();
            await Assert.ThrowsAsync<StorageException>(() => store.AddAsync(Juliet, StorageFolder.Message("refused"), 100).AsTask().WaitAsync(Patience));
            return Stopwatch.GetElapsedTime(begin);
        }

        static async Task<bool> AcceptsAsync(DomainStore store)
        {
            try
            {
                return await store.AddAsync(Juliet, StorageFolder.Message("after"), 100);
            }
            catch (StorageException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_write_that_fails_leaves_nothing_behind_and_does_not_disturb_others()
    {
        var half = _store.WriteAsync(async session =>
        {
            await session.ExecuteAsync("INSERT INTO account VALUES ('example.org', 'half')");
            return await session.ExecuteAsync("no SQL at all");
        });
        var bug = _store.WriteAsync<int>(_ => throw new NotSupportedException("a bug"));
        var good = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _store.AddAsync($"user{i}@example.org", StorageFolder.Message("x"), 1).AsTask()));

        Assert.All(good, Assert.True);
        await Assert.ThrowsAsync<StorageException>(async () => await half);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await bug);
        Assert.Empty(await _store.ListAsync(StorageFolder.Domain));
    }

    [Fact]
    public async Task Closing_finishes_what_was_accepted_and_refuses_the_rest()
    {
        var store = await OpenAsync(Patience);
        var writes = Enumerable.Range(0, 200).Select(i => store.AddAsync(Juliet, StorageFolder.Message($"{i}"), 1000).AsTask()).ToList();
        await store.DisposeAsync();
        await store.DisposeAsync();

        Assert.All(await Task.WhenAll(writes), Assert.True);
        await Assert.ThrowsAsync<StorageException>(async () => await store.AddAsync(Juliet, StorageFolder.Message("1"), 1000));
        await Assert.ThrowsAsync<StorageException>(async () => await store.ReadAsync(Juliet, 10));
        Assert.Equal(200, (await _store.ReadAsync(Juliet, 1000)).Count);
    }

    private Task<DomainStore> OpenAsync(TimeSpan limit) => DomainStore.OpenAsync(new PostgreSqlDialect(_database, limit));
}
