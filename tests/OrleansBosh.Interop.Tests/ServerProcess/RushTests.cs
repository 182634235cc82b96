using System.Net.Sockets;
using System.Runtime.Versioning;
using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Interop.Tests.ServerProcess;

/// <summary>All clients of a node that has died come to the others at once, perhaps faster than those can take them.</summary>
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
}
