using Microsoft.Data.Sqlite;
using OrleansBosh.Cluster.Storage;

namespace OrleansBosh.Cluster.Tests;

/// <summary>Many callers at once, and everything that goes wrong with SQLite.</summary>
public sealed class SqliteFailureTests : IDisposable
{
    private const string Juliet = StorageFolder.Juliet;
    private readonly StorageFolder _folder = new();

    public void Dispose() => _folder.Delete();

    [Fact]
    public async Task Writes_that_wait_share_one_transaction()
    {
        await using var store = await _folder.OpenAsync();
        using var gate = new Gate();
        var first = store.WriteAsync(gate.Pass);
        await gate.Reached;
        var transactions = Enumerable.Range(0, 200).Select(_ => store.WriteAsync(Task.FromResult).AsTask()).ToList();

        gate.Open();
        await first;
        Assert.Single((await Task.WhenAll(transactions)).Distinct());
    }

    [Fact]
    public async Task A_write_that_fails_does_not_take_its_neighbours_with_it()
    {
        await using var store = await _folder.OpenAsync();
        using var gate = new Gate();
        var first = store.WriteAsync(gate.Pass);
        var good = Enumerable.Range(0, 20).Select(i => store.AddAsync(Juliet, StorageFolder.Message($"{i}"), 100).AsTask()).ToList();
        var refused = store.WriteAsync(session => session.ExecuteAsync("INSERT INTO schema_version (id, version) VALUES (2, 1)"));
        var half = store.WriteAsync(async session =>
        {
            await session.ExecuteAsync("DELETE FROM offline_message");
            return await session.ExecuteAsync("no SQL at all");
        });
        var bug = store.WriteAsync<int>(_ => throw new NotSupportedException("a bug"));
        good.Add(store.AddAsync(Juliet, StorageFolder.Message("20"), 100).AsTask());

        gate.Open();
        await first;
        Assert.All(await Task.WhenAll(good), Assert.True);
        await Assert.ThrowsAsync<StorageException>(async () => await refused);
        await Assert.ThrowsAsync<StorageException>(async () => await half);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await bug);
        Assert.Equal(Enumerable.Range(0, 21).Select(i => $"{i}"), StorageFolder.Bodies(await store.ReadAsync(Juliet, 100)));
    }

    [Fact]
    public async Task A_write_that_spoils_the_commit_does_not_take_its_neighbours_with_it()
    {
        await using var store = await _folder.OpenAsync();
        using var gate = new Gate();
        var first = store.WriteAsync(gate.Pass);
        var before = store.AddAsync(Juliet, StorageFolder.Message("before"), 100);
        var spoiler = store.WriteAsync(async session =>
        {
            await session.ExecuteAsync("PRAGMA defer_foreign_keys = ON");
            return await session.ExecuteAsync("INSERT INTO roster_item VALUES ('nobody@example.org', 'x', NULL, 'none', 0, 0, '[]')");
        });
        var after = store.AddAsync(Juliet, StorageFolder.Message("after"), 100);

        gate.Open();
        await first;
        await Assert.ThrowsAsync<StorageException>(async () => await spoiler);
        Assert.True(await before);
        Assert.True(await after);
        Assert.Equal(["before", "after"], StorageFolder.Bodies(await store.ReadAsync(Juliet, 100)));
    }

    [Fact]
    public async Task When_the_disk_is_full_writes_are_refused_and_reads_go_on_and_with_room_all_is_well_again()
    {
        await using var store = await _folder.OpenAsync();
        await store.AddAsync(Juliet, StorageFolder.Message("early"), 1000);
        await SetMaxPagesAsync(1); // SQLite takes the present size when that is larger

        var big = StorageFolder.Message(new string('x', 100_000));
        var e = await Assert.ThrowsAsync<StorageException>(async () => await store.AddAsync(Juliet, big, 1000));
        Assert.Contains("the disk is full", e.Message, StringComparison.Ordinal);

        // Many at once: the small one fits into a page that is there already, the big ones do not.
        var results = Enumerable.Range(0, 10).Select(_ => store.AddAsync(Juliet, big, 1000).AsTask()).ToList();
        var small = store.AddAsync(Juliet, StorageFolder.Message("small"), 1000);
        foreach (var result in results) await Assert.ThrowsAsync<StorageException>(() => result);
        Assert.True(await small);
        Assert.Equal(["early", "small"], StorageFolder.Bodies(await store.ReadAsync(Juliet, 1000)));

        await SetMaxPagesAsync(1_000_000);
        Assert.True(await store.AddAsync(Juliet, big, 1000));

        async Task SetMaxPagesAsync(int count) =>
            await store.WriteAsync(session => session.QueryAsync($"PRAGMA max_page_count = {count}", row => row.GetInt64(0)));
    }

    [Fact]
    public async Task A_store_that_has_become_read_only_refuses_writes()
    {
        await using var store = await _folder.OpenAsync();
        await store.WriteAsync(session => session.ExecuteAsync("PRAGMA query_only = ON"));

        var e = await Assert.ThrowsAsync<StorageException>(async () => await store.AddAsync(Juliet, StorageFolder.Message("1"), 10));

        Assert.Contains("read-only", e.Message, StringComparison.Ordinal);
        Assert.Empty(await store.ReadAsync(Juliet, 10));
    }

    [Fact]
    public async Task A_file_that_was_deleted_is_noticed_before_anything_is_lost()
    {
        await using var store = await _folder.OpenAsync();
        File.Delete(_folder.File);

        await Assert.ThrowsAsync<StorageException>(async () => await store.AddAsync(Juliet, StorageFolder.Message("1"), 10));
        await Assert.ThrowsAsync<StorageException>(async () => await store.AddAsync(Juliet, StorageFolder.Message("2"), 10));
    }

    [Fact]
    public async Task Another_process_that_keeps_the_file_locked_makes_writes_fail_until_it_lets_go()
    {
        await using var store = await DomainStore.OpenAsync(new SqliteDialect(_folder.File, busySeconds: 1));
        await using var other = new SqliteConnection($"Data Source={_folder.File};Pooling=False");
        await other.OpenAsync();
        await using (other.BeginTransaction(deferred: false))
        {
            var e = await Assert.ThrowsAsync<StorageException>(async () => await store.AddAsync(Juliet, StorageFolder.Message("1"), 10));
            Assert.Contains("locked", e.Message, StringComparison.Ordinal);
            Assert.Empty(await store.ReadAsync(Juliet, 10));
        }

        Assert.True(await store.AddAsync(Juliet, StorageFolder.Message("2"), 10));
    }

    [Fact]
    public async Task Two_stores_on_one_file_write_at_the_same_time_and_see_each_other()
    {
        await using var server = await _folder.OpenAsync();
        await using var command = await _folder.OpenAsync();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            var (one, other) = i % 2 == 0 ? (server, command) : (command, server);
            Assert.True(await one.AddAsync(StorageFolder.Domain, $"user{i}", StorageFolder.Credentials));
            Assert.NotNull(await other.FindAsync(StorageFolder.Domain, $"user{i}"));
        })));

        Assert.Equal(200, (await server.ListAsync(StorageFolder.Domain)).Count);
    }

    [Fact]
    public async Task Closing_finishes_what_was_accepted()
    {
        var store = await _folder.OpenAsync();
        using var gate = new Gate();
        var first = store.WriteAsync(gate.Pass);
        var writes = Enumerable.Range(0, 500).Select(i => store.AddAsync(Juliet, StorageFolder.Message($"{i}"), 1000).AsTask()).ToList();
        var closing = store.DisposeAsync();
        gate.Open();
        await closing;
        await first;
        Assert.All(await Task.WhenAll(writes), Assert.True);

        await using var again = await _folder.OpenAsync();
        Assert.Equal(500, (await again.ReadAsync(Juliet, 1000)).Count);
    }

    [Fact]
    public async Task A_closed_store_refuses_everything_and_may_be_closed_again()
    {
        var store = await _folder.OpenAsync();
        await store.ReadAsync(Juliet, 10);
        await store.DisposeAsync();
        await store.DisposeAsync();

        await Assert.ThrowsAsync<StorageException>(async () => await store.AddAsync(Juliet, StorageFolder.Message("1"), 10));
        await Assert.ThrowsAsync<StorageException>(async () => await store.ReadAsync(Juliet, 10));
        Assert.Equal(["domain.db"], Directory.GetFiles(Path.GetDirectoryName(_folder.File)!).Select(Path.GetFileName));
    }

    /// <summary>Holds up the writer's thread, so that the writes behind it become one batch.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly ManualResetEventSlim _open = new();
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when the writer stands before the gate: what is queued from now on waits behind it.</summary>
        public Task Reached => _reached.Task;

        public Task<int> Pass(SqlSession session)
        {
            _reached.TrySetResult();
            _open.Wait();
            return Task.FromResult(0);
        }

        public void Open() => _open.Set();

        public void Dispose() => _open.Dispose();
    }
}
