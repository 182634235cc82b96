using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansBosh.Cluster.Nodes;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Cluster.Tests.FrontEnd;

/// <summary>How clients and balancers learn which nodes there are, and which of them serve.</summary>
public partial class NodeListTests
{
    private static readonly string[] All = ["node1.test", "node2.test", "node3.test"];
    private static readonly string[] Remaining = ["node1.test", "node3.test"];

    [Fact]
    public async Task Every_node_lists_those_that_serve_and_one_that_leaves_is_gone_before_it_stops()
    {
        await using var cluster = await BoshTestCluster.StartAsync(3);
        using var http = new HttpClient();
        foreach (var node in cluster.Nodes) await IsListedAsync(node, All);

        var leaving = cluster.Nodes[1];
        await leaving.Silo.ServiceProvider.GetRequiredService<INodeDirectory>().LeaveAsync();
        foreach (var node in cluster.Nodes) Assert.Equal(Remaining, await HostsAsync(node));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await HealthAsync(leaving, "ready"));
        Assert.Equal(HttpStatusCode.OK, await HealthAsync(leaving, "live"));
        Assert.Equal(HttpStatusCode.OK, await HealthAsync(cluster.Nodes[0], "ready"));

        Task IsListedAsync(BoshTestNode node, string[] hosts) =>
            Eventually.IsTrueAsync(async () => (await HostsAsync(node)).SequenceEqual(hosts), $"{node.PublicHost} lists all");

        async Task<string[]> HostsAsync(BoshTestNode node)
        {
            using var answer = await http.GetAsync(new Uri(node.Url, "/nodes"));
            Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
            Assert.Equal(TimeSpan.FromSeconds(2), answer.Headers.CacheControl!.MaxAge);
            Assert.NotNull(answer.Content.Headers.ContentLength);
            using var list = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            var nodes = list.RootElement.GetProperty("nodes").EnumerateArray().ToArray();
            Assert.All(nodes, item => Assert.Equal(
                $"http://{item.GetProperty("host").GetString()}:{node.Url.Port}/http-bind", item.GetProperty("url").GetString()));
            return [.. nodes.Select(item => item.GetProperty("host").GetString()!).Order(StringComparer.Ordinal)];
        }

        async Task<HttpStatusCode> HealthAsync(BoshTestNode node, string what)
        {
            using var answer = await http.GetAsync(new Uri(node.Url, $"/health/{what}"));
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task Nodes_are_listed_in_an_order_that_changes()
    {
        await using var cluster = await BoshTestCluster.StartAsync(2);
        using var http = new HttpClient();
        var lists = new HashSet<string>();
        await Eventually.IsTrueAsync(
            async () =>
            {
                lists.Add(await http.GetStringAsync(new Uri(cluster.Nodes[0].Url, "/nodes")));
                return lists.Count(list => list.Contains("node1.test", StringComparison.Ordinal) && list.Contains("node2.test", StringComparison.Ordinal)) == 2;
            },
            "both orders have been seen");
    }

    [Theory]
    [InlineData("host-meta")]
    [InlineData("host-meta.json")]
    [Trait("Rule", "B-DISC-01")]
    public async Task Host_meta_names_every_node_that_serves_by_its_own_url(string document)
    {
        var number = 0;
        await using var cluster = await BoshTestCluster.StartAsync(3, options =>
        {
            options.PublicUrl = $"https://node{++number}.test/http-bind";
            options.TrustedProxies = "127.0.0.1";
        });
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.1");
        http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        await Eventually.IsTrueAsync(async () => (await HostsAsync()).SequenceEqual(All), "all are named");
        await cluster.Nodes[1].Silo.ServiceProvider.GetRequiredService<INodeDirectory>().LeaveAsync();
        Assert.Equal(Remaining, await HostsAsync());

        async Task<string[]> HostsAsync()
        {
            using var answer = await http.GetAsync(new Uri(cluster.Nodes[0].Url, $"/.well-known/{document}"));
            Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
            var links = Link().Matches(await answer.Content.ReadAsStringAsync());
            return [.. links.Select(link => link.Groups["host"].Value).Order(StringComparer.Ordinal)];
        }
    }

    [Theory]
    [InlineData("https://chat.example/http-bind", "http://node2.test:5280/http-bind", 120)]
    [InlineData("http://node1.test:5280/bosh", "http://node2.test:5280/http-bind", 120)]
    [InlineData("http://node.test:5280/http-bind", "http://node.test:5280/http-bind", 121)]
    public async Task Nodes_whose_public_urls_do_not_fit_together_say_so(string first, string second, int complaint)
    {
        var log = new ErrorLog();
        var urls = new Queue<string>([first, second]);
        await using var cluster = await BoshTestCluster.StartAsync(2, options => options.PublicUrl = urls.Dequeue(), log: log);
        await Eventually.IsTrueAsync(() => log.Count(complaint) == 2, "each node has complained");

        // Who complains knows the other; a URL that both have is listed once.
        using var http = new HttpClient();
        using var list = JsonDocument.Parse(await http.GetStringAsync(new Uri(cluster.Nodes[0].Url, "/nodes")));
        var listed = list.RootElement.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("url").GetString()!);
        Assert.Equal(new[] { first, second }.Distinct().Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_single_node_without_a_public_url_is_listed_where_it_was_found()
    {
        await using var cluster = await BoshTestCluster.StartAsync(1, options => options.PublicUrl = null);
        var node = cluster.Nodes[0];
        using var http = new HttpClient();
        var list = await http.GetStringAsync(new Uri(node.Url, "/nodes"));
        Assert.Equal($$"""{"nodes":[{"host":"127.0.0.1","url":"http://127.0.0.1:{{node.Url.Port}}/http-bind"}]}""", list);
    }

    [Theory]
    [InlineData("chat.example", "https", """{"nodes":[{"host":"chat.example","url":"https://chat.example/http-bind"}]}""")]
    [InlineData("[2001:db8::1]:8080", "http", """{"nodes":[{"host":"[2001:db8::1]","url":"http://[2001:db8::1]:8080/http-bind"}]}""")]
    [InlineData("chat.example:99999", "http", """{"nodes":[]}""")]
    [InlineData("", "http", """{"nodes":[]}""")]
    public async Task Where_a_node_was_found_is_what_its_client_sees_and_nobody_elses_to_keep(string host, string scheme, string expected)
    {
        await using var cluster = await BoshTestCluster.StartAsync(1, options =>
        {
            options.PublicUrl = null;
            options.TrustedProxies = "127.0.0.1";
        });
        using var connection = await BoshConnection.ConnectAsync(cluster.Nodes[0].Url);
        await connection.SendAsync(
            Encoding.ASCII.GetBytes($"GET /nodes HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: {scheme}\r\n\r\n"));
        var answer = await connection.ReadAnswerAsync();
        Assert.Equal((200, expected), (answer.Status, Encoding.UTF8.GetString(answer.Entity)));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
    }

    [GeneratedRegex("\"https://(?<host>[^/]+)/http-bind\"")]
    private static partial Regex Link();

    /// <summary>Counts errors by their event id.</summary>
    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<int> _events = new();

        public int Count(int eventId) => _events.Count(id => id == eventId);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) _events.Enqueue(eventId.Id);
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
