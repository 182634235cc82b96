using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load;

namespace OrleansBosh.Cluster.Tests.Database;

/// <summary>Opening the cluster's database: what is created, what is waited for, and what is refused with a line that helps.</summary>
public sealed class ClusterDatabaseTests
{
    [Fact]
    public async Task Three_nodes_that_start_at_once_on_an_empty_database_come_up()
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();

        var databases = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => OpenAsync(connectionString)));

        Assert.Equal(SchemaScripts.All, databases.SelectMany(database => database.Applied));
        Assert.Equal(
            SchemaScripts.All.Select(script => (script.Version, script.Name)),
            await QueryAsync(databases[0], "SELECT version, script FROM schema_version ORDER BY version", row => (row.GetInt32(0), row.GetString(1))));
        foreach (var database in databases) await database.DisposeAsync();
    }

    [Fact]
    public void Scripts_are_numbered_without_a_gap() =>
        Assert.Equal(Enumerable.Range(0, SchemaScripts.All.Count), SchemaScripts.All.Select(script => script.Version));

    [Fact]
    public async Task Everything_stands_in_a_schema_of_its_own_whatever_the_search_path_says()
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();
        await using var database = await OpenAsync($"{connectionString};Search Path=public");

        Assert.Equal(
            [ClusterDatabase.Schema],
            await QueryAsync(
                database,
                "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
                row => row.GetString(0)));
        Assert.Equal([ClusterDatabase.Schema], await QueryAsync(database, "SELECT current_schema()", row => row.GetString(0)));
    }

    [Fact]
    public async Task Only_what_is_missing_is_applied_and_what_is_there_stays()
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();
        await using var database = ClusterDatabase.Connect(connectionString, TimeProvider.System, NullLogger.Instance);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        var older = SchemaScripts.All.SkipLast(1).ToArray();
        Assert.Equal(older, (await SchemaScripts.ApplyAsync(connection, older, default)).Applied);
        await ExecuteAsync(database, "INSERT INTO account VALUES ('example.org', 'juliet')");

        await using var newer = await OpenAsync(connectionString);

        Assert.Equal([SchemaScripts.All[^1]], newer.Applied);
        Assert.Equal(["juliet"], await QueryAsync(database, "SELECT local FROM account", row => row.GetString(0)));
    }

    [Fact]
    public async Task A_script_that_fails_leaves_nothing_behind()
    {
        await using var database = ClusterDatabase.Connect(await SharedPostgres.CreateDatabaseAsync(), TimeProvider.System, NullLogger.Instance);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        SchemaScript[] scripts = [.. SchemaScripts.All, new(SchemaScripts.LastVersion + 1, "bad.sql", "CREATE TABLE orleans_bosh.x (id int); no SQL")];

        await Assert.ThrowsAsync<PostgresException>(() => SchemaScripts.ApplyAsync(connection, scripts, default));

        Assert.Equal(SchemaScripts.NoVersion, (await database.InspectAsync(default)).Schema);
        Assert.Equal([false], await QueryAsync(database, "SELECT to_regnamespace('orleans_bosh') IS NOT NULL", row => row.GetBoolean(0)));
    }

    [Fact]
    public async Task A_user_without_the_right_to_create_schemas_can_use_one_that_was_made_for_it()
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();
        await using var administrator = ClusterDatabase.Connect(connectionString, TimeProvider.System, NullLogger.Instance);
        var user = new NpgsqlConnectionStringBuilder(connectionString) { Username = $"chat_{Guid.NewGuid():n}", Password = "pencil" };
        await ExecuteAsync(administrator, $"CREATE ROLE {user.Username} LOGIN PASSWORD '{user.Password}'");

        Assert.Contains("this user has too few rights", await RefusalAsync(user.ConnectionString), StringComparison.Ordinal);
        await ExecuteAsync(administrator, $"CREATE SCHEMA orleans_bosh AUTHORIZATION {user.Username}");
        await using var database = await OpenAsync(user.ConnectionString);
        Assert.Equal(SchemaScripts.All, database.Applied);
    }

    [Fact]
    public async Task A_newer_database_is_refused_at_once_and_left_alone()
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();
        await using var database = await OpenAsync(connectionString);
        await ExecuteAsync(database, "INSERT INTO schema_version (version, script) VALUES (1000, 'of_the_future.sql'); DROP TABLE offline_message");

        // Patience that the test could not wait for: nothing that others do can help.
        var message = await RefusalAsync(connectionString, patience: TimeSpan.FromDays(1));

        Assert.EndsWith($"newer version of this program (schema 1000; this one knows {SchemaScripts.LastVersion}).", message, StringComparison.Ordinal);
        Assert.Equal([false], await QueryAsync(database, "SELECT to_regclass('offline_message') IS NOT NULL", row => row.GetBoolean(0)));
    }

    [Fact]
    public async Task A_wrong_password_is_said_without_it()
    {
        var connection = new NpgsqlConnectionStringBuilder(await SharedPostgres.CreateDatabaseAsync()) { Password = "not the word" };
        var message = await RefusalAsync(connection.ConnectionString);
        Assert.Equal($"PostgreSQL 127.0.0.1:{connection.Port}/{connection.Database} cannot be used: the user name or the password is wrong.", message);
    }

    [Fact]
    public async Task A_missing_database_is_said()
    {
        var message = await RefusalAsync(await SharedPostgres.MissingDatabaseAsync());
        Assert.EndsWith("/nowhere cannot be used: there is no such database.", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said()
    {
        // The port of discard, where nothing listens.
        var message = await RefusalAsync("Host=127.0.0.1;Port=9;Database=chat;Username=chat;Password=pencil");
        Assert.Equal("PostgreSQL 127.0.0.1:9/chat cannot be used: it cannot be reached (Connection refused).", message);
    }

    [Fact]
    public async Task A_name_that_is_not_resolved_is_waited_for_like_a_server_that_is_not_there()
    {
        var attempts = new AttemptLog();
        var e = await Assert.ThrowsAsync<StorageOpenException>(
            () => ClusterDatabase.OpenAsync($"Host={SharedPostgres.UnresolvableHost};Username=chat", TimeSpan.FromSeconds(1), new PausesOnly(), attempts));
        Assert.Contains("/chat cannot be used: it cannot be reached (", e.Message, StringComparison.Ordinal);
        Assert.Equal(["0.5", "0.5"], attempts.Pauses);
    }

    [Theory]
    [InlineData("postgres://chat:pencil@db/chat")]
    [InlineData("Host=db;Password=semi;pencil=1")]
    [InlineData("Host=db;Port=pencil")]
    [InlineData("Database=pencil")]
    [InlineData("")]
    public async Task What_is_no_connection_string_is_refused_at_once_without_being_quoted(string connectionString)
    {
        var message = await RefusalAsync(connectionString, patience: TimeSpan.FromDays(1));
        Assert.StartsWith("The connection string is wrong; it must look like Host=", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_server_is_refused()
    {
        await using var database = ClusterDatabase.Connect(await SharedPostgres.CreateDatabaseAsync(), TimeProvider.System, NullLogger.Instance);

        var e = await Assert.ThrowsAsync<StorageOpenException>(() => database.PrepareAsync(TimeSpan.Zero, new(1000, 0), default));

        Assert.Matches(@" is of version \d+\.\d+; this program needs 1000 or later\.$", e.Message);
        Assert.Equal(SchemaScripts.NoVersion, (await database.InspectAsync(default)).Schema);
    }

    [Theory]
    [InlineData(60, "ahead of")]
    [InlineData(-60, "behind")]
    public async Task A_clock_that_is_wrong_is_refused(int seconds, string direction)
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow.AddSeconds(seconds));
        var e = await Assert.ThrowsAsync<StorageOpenException>(
            () => ClusterDatabase.OpenAsync(connectionString, TimeSpan.Zero, time, NullLogger.Instance));
        Assert.StartsWith("The clock of this machine is ", e.Message, StringComparison.Ordinal);
        Assert.Contains($" s {direction} PostgreSQL 127.0.0.1:", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 2, 4, 0)] // in between: no difference that could be told
    [InlineData(0, -6, 4, 6)]
    [InlineData(0, 10, 4, -6)]
    public void The_round_trip_does_not_count_as_a_difference_of_the_clocks(int before, int theirs, int after, int difference)
    {
        var noon = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(
            TimeSpan.FromSeconds(difference),
            DatabaseClock.Difference(noon.AddSeconds(before), noon.UtcDateTime.AddSeconds(theirs), noon.AddSeconds(after)));
    }

    [Fact]
    public async Task A_node_waits_for_a_server_that_comes_later()
    {
        await using var server = await PostgresServer.StartNewAsync();
        var connectionString = await server.CreateDatabaseAsync();
        await server.StopAsync();
        var attempts = new AttemptLog();
        var opening = ClusterDatabase.OpenAsync(connectionString, TimeSpan.FromMinutes(5), TimeProvider.System, attempts);
        await attempts.SecondFailure.WaitAsync(TimeSpan.FromSeconds(60));

        await server.StartAsync();

        await using var database = await opening;
        Assert.Equal(SchemaScripts.All, database.Applied);
        Assert.All(attempts.Warnings, warning => Assert.Contains(" cannot be used: ", warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Patience_ends_after_the_stated_time_with_pauses_that_grow()
    {
        var time = new PausesOnly();
        var begin = time.GetUtcNow();
        var attempts = new AttemptLog();

        await Assert.ThrowsAsync<StorageOpenException>(
            () => ClusterDatabase.OpenAsync("Host=127.0.0.1;Port=9;Username=chat", TimeSpan.FromSeconds(20), time, attempts));

        Assert.Equal(TimeSpan.FromSeconds(20), time.GetUtcNow() - begin);
        Assert.Equal(["0.5", "1.0", "2.0", "4.0", "8.0", "4.5"], attempts.Pauses);
    }

    [Fact]
    public async Task Connections_give_up_soon_unless_the_operator_says_otherwise()
    {
        await using var ours = ClusterDatabase.Connect("Host=db;Username=chat", TimeProvider.System, NullLogger.Instance);
        var defaults = new NpgsqlConnectionStringBuilder(ours.DataSource.ConnectionString);
        Assert.Equal((5, 5), (defaults.Timeout, defaults.CommandTimeout));

        await using var theirs = ClusterDatabase.Connect("Host=db;Username=chat;Timeout=7;Command Timeout=9", TimeProvider.System, NullLogger.Instance);
        var settings = new NpgsqlConnectionStringBuilder(theirs.DataSource.ConnectionString);
        Assert.Equal((7, 9), (settings.Timeout, settings.CommandTimeout));
    }

    private static Task<ClusterDatabase> OpenAsync(string connectionString) =>
        ClusterDatabase.OpenAsync(connectionString, TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);

    private static async Task<string> RefusalAsync(string connectionString, TimeSpan patience = default)
    {
        var e = await Assert.ThrowsAsync<StorageOpenException>(
            () => ClusterDatabase.OpenAsync(connectionString, patience, TimeProvider.System, NullLogger.Instance));
        Assert.DoesNotContain('\n', e.Message);
        Assert.DoesNotContain("pencil", e.Message, StringComparison.Ordinal);
        return e.Message;
    }

    private static async Task ExecuteAsync(ClusterDatabase database, string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<T>> QueryAsync<T>(ClusterDatabase database, string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(read(reader));
        return rows;
    }

    /// <summary>A clock on which pauses take no time and nothing else takes any.</summary>
    private sealed class PausesOnly : FakeTimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            // Later, since the caller has yet to see its timer.
            Task.Run(() => Advance(dueTime));
            return timer;
        }
    }
}
