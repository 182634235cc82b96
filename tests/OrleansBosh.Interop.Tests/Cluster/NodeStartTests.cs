using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansBosh.Load;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>A node of a cluster that cannot start yet, or at all, or not as it should: it says why.</summary>
[Collection(nameof(ThreeNodes))]
public sealed class NodeStartTests(NodeStartTests.Postgres postgres, ITestOutputHelper output) : IClassFixture<NodeStartTests.Postgres>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_node_that_starts_while_PostgreSQL_is_away_waits_says_so_and_serves_once_it_is_back()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await postgres.Server.StopAsync();
        var isWaiting = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = NodeCluster.StartAsync(new()
        {
            Count = 1,
            Database = database,
            Output = (_, line) =>
            {
                if (line.Contains("Next attempt in", StringComparison.Ordinal)) isWaiting.TrySetResult(line);
            },
        });
        string said;
        try
        {
            await Task.WhenAny(isWaiting.Task, start).WaitAsync(Limit);
            Assert.False(start.IsCompleted, "It did not wait.");
            said = await isWaiting.Task;
        }
        finally
        {
            await postgres.Server.StartAsync();
        }

        var back = Stopwatch.GetTimestamp();
        await using var cluster = await start;
        output.WriteLine($"served {Stopwatch.GetElapsedTime(back).TotalSeconds:F1} s after PostgreSQL was back; it had said: {said}");
        Assert.Contains($"PostgreSQL 127.0.0.1:{postgres.Server.Port}", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_said_and_ends_the_start_with_exit_code_1_when_patience_is_over()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await using var node = NodeProcess.Launch(new()
        {
            Settings = new Dictionary<string, string>
            {
                ["Database"] = database.Replace(postgres.Server.Password, "guessed", StringComparison.Ordinal),
                ["DatabasePatience"] = "00:00:02",
                ["PublicUrl"] = "http://127.0.0.1:5280/http-bind",
            },
        });
        Assert.Equal(1, await node.WaitForExitAsync(Limit));
        Assert.Contains("password", Lines(node)[^1], StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("guessed", node.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", node.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("+30s", "ahead of")]
    [InlineData("-30s", "behind")]
    public async Task A_clock_that_is_wrong_is_said_and_ends_the_start_with_exit_code_1(string offset, string direction)
    {
        await using var node = NodeProcess.Launch(new()
        {
            // Debian's faketime; time spans stay as they are.
            Launcher = ["faketime", "--exclude-monotonic", "-f", offset],
            Settings = new Dictionary<string, string>
            {
                ["Database"] = await postgres.Server.CreateDatabaseAsync(),
                ["DatabasePatience"] = "00:00:02",
                ["PublicUrl"] = "http://127.0.0.1:5280/http-bind",
            },
        });
        Assert.Equal(1, await node.WaitForExitAsync(Limit));
        var said = Lines(node)[^1];
        output.WriteLine(said);
        Assert.Matches($"^The clock of this machine is (29|3[01])\\.\\d s {direction} PostgreSQL 127\\.0\\.0\\.1:{postgres.Server.Port}/", said);
        Assert.EndsWith("5 s are allowed. Set the clocks, best by NTP.", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_public_URL_a_cluster_node_does_not_start()
    {
        await using var node = NodeProcess.Launch(new() { Settings = new Dictionary<string, string> { ["Database"] = postgres.Server.ConnectionString("any") } });
        Assert.Equal(1, await node.WaitForExitAsync(Limit));
        Assert.Contains("Bosh:PublicUrl is ''; it must be set in a cluster", Assert.Single(Lines(node)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_whose_public_URLs_differ_in_more_than_the_host_say_so()
    {
        var complained = new ConcurrentDictionary<int, TaskCompletionSource>([new(1, new()), new(2, new())]);
        await using var cluster = await NodeCluster.StartAsync(new()
        {
            Count = 2,
            Database = await postgres.Server.CreateDatabaseAsync(),
            NodeSettings = static number => number == 1
                ? new Dictionary<string, string>()
                : new Dictionary<string, string> { ["PublicUrl"] = "http://127.0.0.2:5280/elsewhere" },
            Output = (number, line) =>
            {
                if (line.Contains("scheme, port and path must be the same on every node", StringComparison.Ordinal)) complained[number].TrySetResult();
            },
        });
        await Task.WhenAll(complained.Values.Select(complaint => complaint.Task)).WaitAsync(Limit);
    }

    [Fact]
    public async Task A_node_with_another_domain_than_the_cluster_never_joins_it_whether_others_run_or_not()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await using (var cluster = await NodeCluster.StartAsync(new()
        {
            Count = 1,
            Database = database,
            Settings = new Dictionary<string, string> { ["Domain"] = "example.com" },
        }))
        {
            await AssertRefusedAsync();
            using var http = new HttpClient();
            Assert.Equal("ready\n", await http.GetStringAsync(new Uri(cluster.Nodes[0].Url, "health/ready")));
        }

        // As after a power cut, when the wrong one is the first that is back.
        await AssertRefusedAsync();

        async Task AssertRefusedAsync()
        {
            await using var node = NodeProcess.Launch(new()
            {
                Settings = new Dictionary<string, string>
                {
                    ["Database"] = database,
                    ["Domain"] = "example.org",
                    ["PublicUrl"] = "http://127.0.0.2:5280/http-bind",
                },
            });
            Assert.Equal(1, await node.WaitForExitAsync(Limit));
            // One line is all: nothing of a silo that starts.
            var refusal = Assert.Single(Lines(node));
            Assert.StartsWith("Bosh:Domain is example.org, but the cluster orleans-bosh in PostgreSQL ", refusal, StringComparison.Ordinal);
            Assert.Contains(" serves example.com: ", refusal, StringComparison.Ordinal);
        }
    }

    private static string[] Lines(NodeProcess node) => node.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>One that these tests may stop.</summary>
    public sealed class Postgres : IAsyncLifetime
    {
        public PostgresServer Server { get; private set; } = null!;

        public async Task InitializeAsync() => Server = await PostgresServer.StartNewAsync();

        public async Task DisposeAsync() => await Server.DisposeAsync();
    }
}
