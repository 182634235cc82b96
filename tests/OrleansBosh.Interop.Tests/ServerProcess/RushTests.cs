using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Interop.Tests.ServerProcess;

/// <summary>More comes at once than a node can take: all clients of another one that has died, or requests without end.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RushTests
{
    private const int Connections = 1500;

    [Fact]
    public async Task Many_connections_can_wait_for_a_node_that_is_too_busy_to_take_them()
    {
        await using var node = await NodeProcess.StartAsync();
        var sockets = Enumerable.Range(0, Connections).Select(_ => new TcpClient()).ToArray();
        try
        {
            // As busy as can be: what is connected now, the system has kept for it.
            node.Freeze();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await Task.WhenAll(sockets.Select(socket => socket.ConnectAsync(node.Url.Host, node.Url.Port, limit.Token).AsTask()));
        }
        finally
        {
            node.Thaw();
            foreach (var socket in sockets) socket.Dispose();
        }

        await using var session = new ScriptedSession(new() { Nodes = [node.BoshUrl], Domain = "localhost" });
        await session.OpenAsync();
    }

    [Fact]
    public async Task Clients_that_send_requests_without_a_pause_keep_nobody_waiting()
    {
        const int Floods = 8, Asked = 40;
        await using var node = await NodeProcess.StartAsync();
        using var enough = new CancellationTokenSource();
        var floods = Enumerable.Range(0, Floods).Select(_ => FloodAsync(node.Url, enough.Token)).ToArray();
        try
        {
            // With connections of its own for each, whichever thread of the node has them.
            for (var i = 0; i < Asked; i++)
            {
                await using var session = new ScriptedSession(new() { Nodes = [node.BoshUrl], Domain = "localhost" });
                await session.OpenAsync().WaitAsync(TimeSpan.FromSeconds(20));
            }

            Assert.DoesNotContain(floods, static flood => flood.IsCompleted);
        }
        finally
        {
            await enough.CancelAsync();
        }

        Assert.All(await Task.WhenAll(floods), static answered => Assert.InRange(answered, 1, long.MaxValue));
    }

    /// <summary>Writes the next requests before the last are answered, and reads what comes.</summary>
    /// <returns>How many bytes came.</returns>
    private static async Task<long> FloodAsync(Uri url, CancellationToken enough)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(url.Host, url.Port, CancellationToken.None);
        var stream = socket.GetStream();
        var requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"GET /http-bind HTTP/1.1\r\nHost: {url.Host}\r\n\r\n", 100)));
        var answers = new byte[64 * 1024];
        var read = 0L;
        try
        {
            await Task.WhenAll(
                Task.Run(
                    async () =>
                    {
                        while (true) await stream.WriteAsync(requests, enough);
                    },
                    enough),
                Task.Run(
                    async () =>
                    {
                        while (true) read += await stream.ReadAsync(answers, enough);
                    },
                    enough));
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }

        return read;
    }
}
