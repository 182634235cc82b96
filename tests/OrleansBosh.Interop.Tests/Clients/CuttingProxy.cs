using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansBosh.Interop.Tests.Clients;

/// <summary>
/// A TCP proxy that resets connections at random: before a request reached the server, while it is held, or in the middle of the answer. The
/// repeat of a request is spared: before its second repeat Strophe waits for eight seconds, and after a few it gives up.
/// </summary>
public sealed partial class CuttingProxy : IAsyncDisposable
{
    /// <summary>A held request is cut after at most so long; most are answered sooner, and then the cut falls between two requests.</summary>
    private static readonly TimeSpan LongestCutDelay = TimeSpan.FromMilliseconds(40);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly HashSet<string> _cutRids = [];
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly double _share;
    private readonly Uri _target;
    private readonly Task _accepting;

    /// <param name="target">The BOSH resource behind the proxy.</param>
    /// <param name="seed">Makes the draws repeatable, though not what they hit.</param>
    /// <param name="share">So much of the requests is cut.</param>
    public CuttingProxy(Uri target, int seed, double share)
    {
        _target = target;
        _random = new Random(seed);
        _share = share;
        _listener.Start();
        Url = new UriBuilder(target) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _accepting = AcceptAsync();
    }

    private enum Cut
    {
        None,
        BeforeTheServer,
        WhileItWaits,
        InTheAnswer,
    }

    /// <summary>The BOSH resource through the proxy.</summary>
    public Uri Url { get; }

    public int Cuts
    {
        get
        {
            lock (_gate) return _cutRids.Count;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                _connections.RemoveAll(connection => connection.IsCompletedSuccessfully);
                _connections.Add(ServeAsync(client));
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        using var both = client;
        client.NoDelay = true;
        var connection = new Connection(client, server, end);
        try
        {
            await server.ConnectAsync(_target.Host, _target.Port, end.Token);
            await Task.WhenAll(CopyRequestsAsync(connection), CopyAnswersAsync(connection));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The end of a connection, whoever wanted it.
        }

        connection.Reset();
    }

    private async Task CopyRequestsAsync(Connection connection)
    {
        var buffer = new byte[16 * 1024];
        while (await connection.Client.ReceiveAsync(buffer, connection.Token) is var length and > 0)
        {
            var (cut, delay) = Draw(Rid().Match(Encoding.ASCII.GetString(buffer, 0, length)));
            if (cut == Cut.BeforeTheServer)
            {
                connection.Reset();
                return;
            }

            connection.CutsAnswer = cut == Cut.InTheAnswer;
            await SendAsync(connection.Server, buffer.AsMemory(0, length), connection.Token);
            if (cut != Cut.WhileItWaits) continue;
            await Task.Delay(delay, connection.Token);
            connection.Reset();
            return;
        }

        connection.Reset();
    }

    private static async Task CopyAnswersAsync(Connection connection)
    {
        var buffer = new byte[64 * 1024];
        while (await connection.Server.ReceiveAsync(buffer, connection.Token) is var length and > 0)
        {
            await SendAsync(connection.Client, buffer.AsMemory(0, connection.CutsAnswer ? length - 1 : length), connection.Token);
            if (connection.CutsAnswer) break;
        }

        connection.Reset();
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes, cancellation)..];
    }

    /// <param name="rid">Found in what the client has just written; the header or the rest of a request has none.</param>
    private (Cut Cut, TimeSpan Delay) Draw(Match rid)
    {
        if (!rid.Success) return (Cut.None, TimeSpan.Zero);
        lock (_gate)
        {
            if (_random.NextDouble() >= _share || !_cutRids.Add(rid.Value)) return (Cut.None, TimeSpan.Zero);
            return ((Cut)(1 + _random.Next(3)), LongestCutDelay * _random.NextDouble());
        }
    }

    [GeneratedRegex("""\brid=["'][0-9]+""")]
    private static partial Regex Rid();

    private sealed class Connection(Socket client, Socket server, CancellationTokenSource end)
    {
        public Socket Client => client;

        public Socket Server => server;

        public CancellationToken Token { get; } = end.Token;

        /// <summary>The next bytes of the server are the last, and not all of them arrive.</summary>
        public bool CutsAnswer { get; set; }

        /// <summary>Ends both directions by RST: neither side can take it for an orderly end.</summary>
        public void Reset()
        {
            client.LingerState = new LingerOption(enable: true, seconds: 0);
            server.LingerState = new LingerOption(enable: true, seconds: 0);
            end.Cancel();
        }
    }
}
