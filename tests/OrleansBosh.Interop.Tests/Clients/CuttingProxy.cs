using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansBosh.Interop.Tests.Clients;

/// <summary>Where a connection breaks.</summary>
public enum Cut
{
    None,

    /// <summary>The request never arrives.</summary>
    BeforeTheServer,

    /// <summary>Shortly after the request arrived: while it is held or, if it is answered sooner, between two requests.</summary>
    WhileItWaits,

    /// <summary>As soon as an older request is answered: that is how one sees from outside that the server has the newer one and holds it.</summary>
    WhileItIsHeld,

    /// <summary>In the middle of the answer.</summary>
    InTheAnswer,
}

/// <summary>
/// A TCP proxy that resets connections at random. The repeat of a request is spared: before its second repeat Strophe waits for eight
/// seconds, and after a few it gives up.
/// </summary>
public sealed partial class CuttingProxy : IAsyncDisposable
{
    /// <summary>A held request is cut after at most so long; most are answered sooner, and then the cut falls between two requests.</summary>
    private static readonly TimeSpan LongestCutDelay = TimeSpan.FromMilliseconds(40);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _serving = [];
    private readonly HashSet<Connection> _connections = [];
    private readonly HashSet<string> _cutRids = [];
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly double _share;
    private readonly Uri _target;
    private readonly Cut[] _cuts;
    private readonly Task _accepting;
    private volatile int _done;

    /// <param name="target">The BOSH resource behind the proxy.</param>
    /// <param name="seed">Makes the draws repeatable, though not what they hit.</param>
    /// <param name="share">So much of the requests is cut.</param>
    /// <param name="cuts">In which of these ways; none stands for whatever a client that repeats its requests survives.</param>
    public CuttingProxy(Uri target, int seed, double share, params Cut[] cuts)
    {
        _cuts = cuts is [] ? [Cut.BeforeTheServer, Cut.WhileItWaits, Cut.InTheAnswer] : cuts;
        _target = target;
        _random = new Random(seed);
        _share = share;
        _listener.Start();
        Url = new UriBuilder(target) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _accepting = AcceptAsync();
    }

    /// <summary>The BOSH resource through the proxy.</summary>
    public Uri Url { get; }

    /// <summary>False lets everything pass.</summary>
    public bool IsCutting { get; set; } = true;

    public int Cuts => _done;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_serving);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                _serving.RemoveAll(connection => connection.IsCompletedSuccessfully);
                _serving.Add(ServeAsync(client));
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
        lock (_gate) _connections.Add(connection);
        try
        {
            await server.ConnectAsync(_target.Host, _target.Port, end.Token);
            await Task.WhenAll(CopyRequestsAsync(connection), CopyAnswersAsync(connection));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The end of a connection, whoever wanted it.
        }

        lock (_gate) _connections.Remove(connection);
        connection.Reset();
    }

    private async Task CopyRequestsAsync(Connection connection)
    {
        var buffer = new byte[64 * 1024];
        while (await connection.Client.ReceiveAsync(buffer, connection.Token) is var length and > 0)
        {
            var (cut, delay) = Draw(Rid().Match(Encoding.ASCII.GetString(buffer, 0, length)));
            if (cut == Cut.BeforeTheServer)
            {
                CutOff(connection);
                return;
            }

            connection.Await(cut);
            await SendAsync(connection.Server, buffer.AsMemory(0, length), connection.Token);
            if (cut != Cut.WhileItWaits) continue;
            await Task.Delay(delay, connection.Token);
            CutOff(connection);
            return;
        }

        connection.Reset();
    }

    private async Task CopyAnswersAsync(Connection connection)
    {
        var buffer = new byte[64 * 1024];
        while (await connection.Server.ReceiveAsync(buffer, connection.Token) is var length and > 0)
        {
            if (!connection.TryPassAnswer(out var isToBeCut)) return;
            await SendAsync(connection.Client, buffer.AsMemory(0, isToBeCut ? length - 1 : length), connection.Token);
            if (isToBeCut)
            {
                CutOff(connection);
                return;
            }

            CutHeld(connection);
        }

        connection.Reset();
    }

    /// <param name="answered">The one with the older request.</param>
    private void CutHeld(Connection answered)
    {
        // Under the lock none of them can be disposed. One that is cut may leave the set at once, on this very thread.
        lock (_gate)
        {
            foreach (var connection in _connections.Where(connection => connection != answered).ToArray())
            {
                if (connection.TryRefuseAnswer()) CutOff(connection);
            }
        }
    }

    private void CutOff(Connection connection)
    {
        Interlocked.Increment(ref _done);
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
            if (!IsCutting || _random.NextDouble() >= _share || !_cutRids.Add(rid.Value)) return (Cut.None, TimeSpan.Zero);
            return (_cuts[_random.Next(_cuts.Length)], LongestCutDelay * _random.NextDouble());
        }
    }

    [GeneratedRegex("""\brid=["'][0-9]+""")]
    private static partial Regex Rid();

    private sealed class Connection(Socket client, Socket server, CancellationTokenSource end)
    {
        private readonly Lock _gate = new();
        private Cut _cut;
        private bool _refusesAnswer;

        public Socket Client => client;

        public Socket Server => server;

        public CancellationToken Token { get; } = end.Token;

        /// <param name="cut">What shall become of the request that is about to reach the server; none for the rest of one.</param>
        public void Await(Cut cut)
        {
            lock (_gate) _cut = cut == Cut.None ? _cut : cut;
        }

        /// <param name="isToBeCut">These bytes of the server are the last, and not all of them arrive.</param>
        /// <returns>False: the client must not see them.</returns>
        public bool TryPassAnswer(out bool isToBeCut)
        {
            lock (_gate)
            {
                isToBeCut = _cut == Cut.InTheAnswer;
                _cut = Cut.None;
                return !_refusesAnswer;
            }
        }

        /// <returns>False: its request is not to be cut, or the client has seen a part of the answer.</returns>
        public bool TryRefuseAnswer()
        {
            lock (_gate) return _refusesAnswer |= _cut == Cut.WhileItIsHeld;
        }

        /// <summary>Ends both directions by RST: neither side can take it for an orderly end.</summary>
        public void Reset()
        {
            client.LingerState = new LingerOption(enable: true, seconds: 0);
            server.LingerState = new LingerOption(enable: true, seconds: 0);
            end.Cancel();
        }
    }
}
