using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.Versioning;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>A fourth node comes and goes while others chat.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class NodeJoinTests(ThreeNodes nodes, ITestOutputHelper output) : ClusterTest(nodes, output)
{
    private const int Fourth = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task A_fourth_node_that_joins_under_load_takes_its_share_and_leaves_the_lists_before_it_ends()
    {
        var chat = new PairRounds();
        var chatting = chat.RunAsync(await LoginPairsAsync(IsFull ? 60 : 20, 1, 2, 3), pause: Pause);
        var fourth = await Nodes.Cluster.StartNodeAsync(Fourth, Limit);
        string[] all = [.. Nodes.Urls.Select(url => url.Host), fourth.Url.Host];
        await Task.WhenAll(Enumerable.Range(1, Fourth).Select(number => ListedAsync(number, all)));

        var landed = await OpenAtRandomAsync(IsFull ? 1000 : 200);
        chat.Stop();
        await chatting.WaitAsync(Limit);
        Report($"served {Seconds(fourth.StartupTime)} after its start; {chat.Deliveries.Count} messages meanwhile, p50 {Seconds(chat.Deliveries.Percentile(0.5))}, longest {Seconds(chat.Deliveries.Max)} (design: 1 s)");
        Report($"new sessions: {string.Join(", ", landed.OrderBy(node => node.Key).Select(node => $"{node.Value} on {node.Key}"))}");
        Assert.InRange(landed[fourth.Url.Host], landed.Values.Sum() / 5, int.MaxValue);
        Assert.InRange(chat.Deliveries.Max, TimeSpan.Zero, TimeSpan.FromSeconds(IsFull ? 1 : 10));

        var left = Stopwatch.GetTimestamp();
        fourth.Terminate();
        await Task.WhenAll(Enumerable.Range(1, ThreeNodes.Count).Select(number => ListedAsync(number, all[..^1])));
        Report($"off all lists {Seconds(Stopwatch.GetElapsedTime(left))} after SIGTERM");
        Assert.Equal(0, await fourth.WaitForExitAsync(TimeSpan.FromMinutes(1)));
        Assert.InRange(Stopwatch.GetElapsedTime(left), TimeSpan.Zero, Generous);
    }

    [Fact]
    public async Task A_node_is_listed_only_when_it_serves()
    {
        var host = $"127.0.0.{Fourth}";
        var starting = Nodes.Cluster.StartNodeAsync(Fourth, Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!(await ListAsync(1)).Contains(host))
        {
            Assert.False(starting.IsFaulted, starting.Exception?.Message);
            await timer.WaitForNextTickAsync(Limit);
        }

        var session = NewSession(1);
        session.Node = new UriBuilder(session.Node) { Host = host }.Uri;
        Assert.Equal(host, (await session.OpenAsync(cancellation: Limit)).Host);
        var fourth = await starting;
        fourth.Terminate();
        await fourth.WaitForExitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>Sessions of clients that choose from the list, counted by the owner that their first answer names.</summary>
    private async Task<ConcurrentDictionary<string, int>> OpenAtRandomAsync(int count)
    {
        // The draw is not what is tested: with this seed it is fair enough.
        var random = new Random(4);
        var listed = await ListAsync(1);
        var choices = Enumerable.Range(0, count).Select(_ => listed[random.Next(listed.Length)]).ToArray();
        var landed = new ConcurrentDictionary<string, int>();
        await ForEachAsync(choices, async host =>
        {
            var session = NewSession(1);
            session.Node = Nodes.Cluster.Nodes.Single(node => node.Url.Host == host).BoshUrl;
            var creation = await session.OpenAsync(cancellation: Limit);
            landed.AddOrUpdate(creation.Host!, 1, (_, sessions) => sessions + 1);
            await session.AskAsync(session.Next([("type", "terminate")]), cancellation: Limit);
        });
        return landed;
    }
}
