using System.Text.Json;
using OrleansBosh.Interop.Tests.Clients;
using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>The cluster behind nginx and HAProxy with the sample configurations of <c>deploy/</c>, which pin nobody to a node.</summary>
public sealed class BalancerTests(ThreeNodes nodes, ITestOutputHelper output) : ClusterTest(nodes, output)
{
    [Theory]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    public async Task Requests_of_one_client_reach_every_node(string balancer)
    {
        await using var proxy = await SampleProxy.StartAsync(balancer, Nodes.Cluster);
        using var http = new HttpClient();
        var seen = new HashSet<string>();
        for (var request = 0; request < 30 && seen.Count < ThreeNodes.Count; request++)
        {
            using var info = JsonDocument.Parse(await http.GetStringAsync(new Uri(proxy.Url, "server-info")));
            seen.Add(info.RootElement.GetProperty("node").GetString()!);
        }

        Assert.Equal(["127.0.0.1", "127.0.0.2", "127.0.0.3"], seen.Order());
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    public async Task Sessions_whose_requests_go_to_any_node_chat_in_order(string balancer)
    {
        await using var proxy = await SampleProxy.StartAsync(balancer, Nodes.Cluster);
        var options = Client(proxy);
        var people = Enumerable.Range(0, 6).Select(_ => new BoshClient(options)).ToArray();
        await Task.WhenAll(people.Select(person => person.LoginAsync(BoshLogin.Anonymous())));
        for (var round = 0; round < 20; round++) await ClusterChat.RoundAsync(people, $"round {round}");
        foreach (var person in people) await person.DisposeAsync();

        Assert.Equal(0, options.Metrics.Repeats);
        Assert.Equal(["127.0.0.1", "127.0.0.2", "127.0.0.3"], options.Metrics.Hosts.Order());
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    public async Task Many_pairs_whose_requests_go_to_any_node_lose_double_and_disorder_nothing(string balancer)
    {
        await using var proxy = await SampleProxy.StartAsync(balancer, Nodes.Cluster);
        var (pairs, messages) = IsFull ? (150, 134) : (30, 67);
        var rate = await ChatLoad.RunAsync([proxy.BoshUrl], pairs, messages, static _ => false, Output);
        if (IsFull) Assert.True(rate >= 5, $"{rate:F1} messages per second and pair");
    }

    [Theory]
    [InlineData("nginx", "strophe")]
    [InlineData("nginx", "stanza")]
    [InlineData("haproxy", "strophe")]
    [InlineData("haproxy", "stanza")]
    public async Task Stock_clients_which_ignore_host_log_in_and_talk(string balancer, string library)
    {
        await using var proxy = await SampleProxy.StartAsync(balancer, Nodes.Cluster);
        var (exitCode, output, errors) = await ClientProgram.ExecuteAsync(
            "node", "run.mjs", library, proxy.BoshUrl.ToString(), Domain, "talk");
        Assert.True(exitCode == 0, $"The client says ({exitCode}): {output}{errors}\n{balancer} says:\n{proxy.Output}\nThe nodes say:\n{Nodes.Output}");
        using var result = JsonDocument.Parse(output);
        Assert.StartsWith("SCRAM-SHA-", result.RootElement.GetProperty("mechanism").GetString(), StringComparison.Ordinal);
        Assert.Equal(412, result.RootElement.GetProperty("messages").GetInt32());
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    public async Task Without_SendNodeHostname_no_answer_names_a_node_and_everything_works(string balancer)
    {
        await using var quiet = await NodeCluster.StartAsync(new()
        {
            Database = await Nodes.Cluster.Database!.CreateDatabaseAsync(),
            Settings = new Dictionary<string, string>(ThreeNodes.Settings) { ["SendNodeHostname"] = "false" },
        });
        await using var proxy = await SampleProxy.StartAsync(balancer, quiet);
        var options = Client(proxy);
        await using (var script = new ScriptedSession(options))
        {
            await script.LoginAsync(BoshLogin.Anonymous());
            Assert.Null(script.Creation!.Host);
            var answer = await script.AskAsync(script.Next([], StanzaXml.Text(StanzaXml.Ping(Domain))));
            Assert.Null(answer.Host);
            Assert.Null((await script.AskAsync(script.Next([("type", "terminate")]))).Host);
        }

        var people = Enumerable.Range(0, 3).Select(_ => new BoshClient(options)).ToArray();
        await Task.WhenAll(people.Select(person => person.LoginAsync(BoshLogin.Anonymous())));
        for (var round = 0; round < 10; round++) await ClusterChat.RoundAsync(people, $"round {round}");
        foreach (var person in people) await person.DisposeAsync();

        Assert.Empty(options.Metrics.Hosts);
        Assert.Equal(0, options.Metrics.Repeats);
    }
}
