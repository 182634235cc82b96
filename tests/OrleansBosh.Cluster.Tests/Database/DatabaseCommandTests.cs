using Npgsql;
using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Tests.Support;

namespace OrleansBosh.Cluster.Tests.Database;

/// <summary>The database commands, as an operator types them.</summary>
public sealed class DatabaseCommandTests
{
    private static readonly int Last = SchemaScripts.LastVersion;

    [Fact]
    public async Task Status_tells_what_is_missing_and_changes_nothing()
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();
        for (var i = 0; i < 2; i++)
        {
            var (code, output, error) = await RunAsync(connectionString, "status");
            Assert.Equal((1, ""), (code, error));
            Assert.Matches(@"^PostgreSQL 127\.0\.0\.1:\d+/test\d+, version \d+\.\d+\nClock   right: it differs by 0\.\d s\n", output);
            Assert.EndsWith("Schema  none; a node or 'database migrate' creates it\n", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Migrate_applies_what_is_missing_and_then_status_is_content()
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();

        var (code, output, _) = await RunAsync(connectionString, "migrate");
        Assert.Equal(0, code);
        Assert.StartsWith("Applied 000_schema.sql\nApplied 001_membership.sql\n", output, StringComparison.Ordinal);
        Assert.EndsWith($" is up to date (schema {Last}).\n", output, StringComparison.Ordinal);
        (code, output, _) = await RunAsync(connectionString, "migrate");
        Assert.Equal(0, code);
        Assert.DoesNotContain("Applied", output, StringComparison.Ordinal);

        (code, output, _) = await RunAsync(connectionString, "status");
        Assert.Equal(0, code);
        Assert.EndsWith($"Schema  {Last}, up to date\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rotation_says_from_when_on_the_new_key_is_used_and_waits_for_that()
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();

        var (code, output, _) = await RunAsync(connectionString, "rotate-secrets");
        Assert.Equal(0, code);
        Assert.Matches(@"^Key 1 makes the session ids from \d\d:\d\d:\d\d UTC on; those of key 0 stay valid until the next rotation, older ones end\.\n$", output);

        (code, output, var error) = await RunAsync(connectionString, "rotate-secrets");
        Assert.Equal((1, ""), (code, output));
        Assert.Matches(@"^Key 1 comes into force at \d\d:\d\d:\d\d UTC; until then there is no other\. Nothing has changed\.\n$", error);

        (_, output, _) = await RunAsync(connectionString, "status");
        Assert.Matches(@"\nKey     1, made [-0-9]+ [:0-9]+ UTC\nKey     0, made [-0-9]+ [:0-9]+ UTC\n$", output);
    }

    [Fact]
    public async Task The_domain_is_set_as_clients_write_it_and_status_tells_it()
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();

        var (code, output, _) = await RunAsync(connectionString, "set-domain", "Example.COM.");
        Assert.Equal(0, code);
        Assert.StartsWith("The cluster chat serves example.com: ", output, StringComparison.Ordinal);
        await RunAsync(connectionString, "set-domain", "example.org");

        (_, output, _) = await RunAsync(connectionString, "status");
        Assert.EndsWith("\nDomain  example.org, of cluster chat\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_domain_name_is_not_set()
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();

        Assert.Equal((1, "", "'a b' is no domain name like example.com. Nothing has changed.\n"), await RunAsync(connectionString, "set-domain", "a b"));
        var (_, output, _) = await RunAsync(connectionString, "status");
        Assert.DoesNotContain("Domain", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("migrate")]
    [InlineData("rotate-secrets")]
    [InlineData("set-domain example.org")]
    public async Task A_database_that_cannot_be_used_is_said_in_one_line_at_once(string command)
    {
        var (code, output, error) = await RunAsync("Host=127.0.0.1;Port=9;Database=chat;Username=chat;Password=pencil", command.Split(' '));
        Assert.Equal((1, ""), (code, output));
        Assert.Equal("PostgreSQL 127.0.0.1:9/chat cannot be used: it cannot be reached (Connection refused).\n", error);
    }

    [Fact]
    public async Task What_fails_between_two_looks_of_status_is_said_in_one_line()
    {
        var connectionString = await SharedPostgres.CreateDatabaseAsync();
        await RunAsync(connectionString, "migrate");
        await using (var connections = NpgsqlDataSource.Create(connectionString))
        {
            await using var drop = connections.CreateCommand($"DROP TABLE {ClusterDatabase.Schema}.cluster_secret");
            await drop.ExecuteNonQueryAsync();
        }

        var (code, output, error) = await RunAsync(connectionString, "status");

        Assert.Equal(1, code);
        Assert.EndsWith($"Schema  {Last}, up to date\n", output, StringComparison.Ordinal);
        Assert.Matches(@"^PostgreSQL 127\.0\.0\.1:\d+/test\d+ cannot be used: relation ""cluster_secret"" does not exist\.\n$", error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("drop")]
    [InlineData("status now")]
    [InlineData("set-domain")]
    public async Task Anything_else_gets_the_usage(string arguments)
    {
        var (code, output, error) = await RunAsync("Host=nowhere", arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("Usage: database status", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string connectionString, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await DatabaseCommand.RunAsync(arguments, connectionString, "chat", TimeProvider.System, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
