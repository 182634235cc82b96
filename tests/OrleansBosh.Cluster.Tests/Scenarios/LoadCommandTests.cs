using System.Text.Json;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Scenarios;

namespace OrleansBosh.Cluster.Tests.Scenarios;

/// <summary>The load generator against two silos of this process.</summary>
public sealed class LoadCommandTests(LoadCommandTests.Nodes nodes) : IClassFixture<LoadCommandTests.Nodes>
{
    [Theory]
    [InlineData("echo --sessions 4 --operations 10", 40)]
    [InlineData("echo --sessions 2 --window 3 --operations 5", 30)]
    [InlineData("chat --pairs 3 --operations 10", 60)]
    [InlineData("chat --pairs 2 --window 8 --operations 5 --cut 20", 160)]
    [InlineData("churn --sessions 6 --parallel 3 --operations 4", 12)]
    [InlineData("login --sessions 3 --operations 3", 9)]
    [InlineData("login-roster --sessions 2 --contacts 10 --operations 2 --mechanism SCRAM-SHA-1 --register --user roster", 4)]
    [InlineData("chat --pairs 3 --rate 50 --duration 1", 50)]
    [InlineData("login --sessions 3 --rate 10 --operations 4", 12)]
    [InlineData("idle --sessions 5 --duration 1 --connections 1", 0)]
    [InlineData("post --sessions 2 --operations 5", 10)]
    public async Task A_scenario_runs_on_both_nodes_and_reports_what_it_did(string scenario, long operations)
    {
        var (code, report, error) = await RunAsync(scenario, nodes.Cluster.Nodes);
        Assert.True(code == 0, error);
        Assert.Equal(operations, report.GetProperty("operations").GetInt64());
        Assert.All(report.GetProperty("checks").EnumerateObject().Where(check => check.Name != "isClean"), check => Assert.Equal(0, check.Value.GetInt64()));
    }

    [Theory]
    [InlineData("echo --sessions 4 --operations 10")]
    [InlineData("chat --pairs 3 --operations 10")]
    [InlineData("login --sessions 3 --operations 3")]
    public async Task Every_request_after_the_creation_goes_to_the_wrong_node_if_told(string scenario)
    {
        var (code, report, error) = await RunAsync($"{scenario} --wrong-node", nodes.Cluster.Nodes);
        Assert.True(code == 0, error);
        // Both own sessions, whose answers come through the other.
        Assert.Equal(2, report.GetProperty("client").GetProperty("hosts").GetArrayLength());
    }

    [Fact]
    public async Task A_run_whose_logins_are_refused_fails_and_says_why()
    {
        var (code, report, error) = await RunAsync("echo --sessions 3 --operations 1 --domain other.example", nodes.Cluster.Nodes);
        Assert.Equal(1, code);
        Assert.Equal(3, report.GetProperty("checks").GetProperty("failed").GetInt64());
        Assert.Contains("host-unknown", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dance")]
    [InlineData("echo --sessions none")]
    [InlineData("echo --sessions")]
    [InlineData("login-roster")]
    public async Task A_wrong_command_line_is_told_from_a_failure(string arguments)
    {
        var (code, _, error) = await RunAsync(arguments, []);
        Assert.Equal(2, code);
        Assert.Contains("--help", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, JsonElement Report, string Error)> RunAsync(string arguments, IReadOnlyList<BoshTestNode> nodes)
    {
        string[] all =
        [
            .. arguments.Split(' '), "--json", "-", "--quiet",
            .. nodes.SelectMany(node => new[] { "--url", $"http://{node.PublicHost}:{node.Url.Port}/http-bind", "--resolve", $"{node.PublicHost}={node.Address}" }),
        ];
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await LoadCommand.RunAsync(all, output, error);
        using var json = code == 2 ? null : JsonDocument.Parse(output.ToString());
        return (code, json?.RootElement.Clone() ?? default, error.ToString());
    }

    public sealed class Nodes : IAsyncLifetime
    {
        public BoshTestCluster Cluster { get; private set; } = null!;

        public async Task InitializeAsync() => Cluster = await BoshTestCluster.StartAsync(2, options =>
        {
            options.MaxCreationsPerMinute = 100_000;
            options.MaxRegistrationsPerHour = 100_000;
        });

        public async Task DisposeAsync() => await Cluster.DisposeAsync();
    }
}
