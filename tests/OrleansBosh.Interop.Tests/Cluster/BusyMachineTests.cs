using System.Diagnostics;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>Other programs want every core, several times over: slow is not dead.</summary>
public sealed class BusyMachineTests(ThreeNodes nodes, ITestOutputHelper output) : ClusterTest(nodes, output)
{
    private static readonly TimeSpan Rush = TimeSpan.FromSeconds(IsFull ? 300 : 20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task No_live_node_is_declared_dead()
    {
        var before = Enumerable.Range(1, ThreeNodes.Count).Select(number => Nodes[number]).ToArray();
        var pairs = await LoginPairsAsync(IsFull ? 20 : 5, 1, 2, 3);
        var chat = new PairRounds();
        var others = Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => Process.Start("sh", ["-c", "while :; do :; done"])).ToArray();
        try
        {
            var chatting = chat.RunAsync(pairs, pause: Pause);
            await Task.WhenAny(chatting, Task.Delay(Rush, Limit));
            chat.Stop();
            await chatting;
        }
        finally
        {
            foreach (var other in others)
            {
                other.Kill();
                await other.WaitForExitAsync();
                other.Dispose();
            }
        }

        Report($"{others.Length} endless loops beside it for {Seconds(Rush)}: {chat.Deliveries.Count} messages, p99 {Seconds(chat.Deliveries.Percentile(0.99))}, longest {Seconds(chat.Deliveries.Max)}");
        // One that was declared dead would have ended itself.
        Assert.All(before, node => Assert.False(node.HasExited, node.Output));
        for (var number = 1; number <= ThreeNodes.Count; number++) Assert.Equal(Nodes.Urls.Select(url => url.Host).Order(), await ListAsync(number));
    }
}
