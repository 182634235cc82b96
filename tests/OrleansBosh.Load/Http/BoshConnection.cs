using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace OrleansBosh.Load.Http;

/// <summary>
/// One TCP (or TLS) connection that speaks HTTP/1.1 byte by byte. It can do what a proper HTTP library refuses: stop half-way through a
/// request, pipeline, write garbage, shut down one direction, reset. Answers are handed out in the order in which they were asked for.
/// A read that is cancelled resets the connection, since nobody could tell afterwards which answer belongs to which request.
/// </summary>
public sealed class BoshConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly HttpAnswerReader _reader;
    private readonly TurnQueue _writes = new();
    private readonly TurnQueue _reads = new();
    private readonly Lock _gate = new();
    private int _expected;
    private int _isClosed;
    private volatile bool _isUsable = true;

    private BoshConnection(Uri node, Socket socket, Stream stream, int maxEntityBytes)
    {
        Node = node;
        _socket = socket;
        _stream = stream;
        _reader = new HttpAnswerReader(stream, maxEntityBytes);
        LocalEndPoint = socket.LocalEndPoint;
    }

    /// <summary>The URL for which the connection was made.</summary>
    public Uri Node { get; }

    /// <summary>This side's address: tells connections apart in tests.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>Whether another request may be sent: false once either side closed, an answer said so, or a call failed.</summary>
    public bool IsUsable => _isUsable;

    /// <summary>Bytes of plain text written.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Bytes of plain text read.</summary>
    public long BytesReceived => _reader.BytesRead;

    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The certificate was refused.</exception>
    public static async Task<BoshConnection> ConnectAsync(
        Uri node, BoshConnectionOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= BoshConnectionOptions.Default;
        var named = new DnsEndPoint(node.IdnHost, node.Port);
        var target = options.Resolve?.Invoke(named) ?? named;
        var socket = target is IPEndPoint address
            ? new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(target, cancellation);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (node.Scheme == Uri.UriSchemeHttps)
                stream = await StartTlsAsync(stream, node, options, cancellation);
            return new BoshConnection(node, socket, stream, options.MaxEntityBytes);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Writes exactly these bytes, which need not be a whole request; ends when the system took them.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation = default) =>
        _writes.Enqueue(() => WriteAsync(bytes, cancellation));

    /// <summary>
    /// Reads the next answer that no earlier call asked for. Set <paramref name="isHeadAnswer"/> for the answer to a HEAD request.
    /// </summary>
    /// <exception cref="IOException">The connection ended before the answer was complete.</exception>
    /// <exception cref="HttpSyntaxException">The answer is not HTTP/1.1.</exception>
    public Task<HttpAnswer> ReadAnswerAsync(bool isHeadAnswer = false, CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            _expected++;
            return _reads.Enqueue(() => ReadAsync(isHeadAnswer, cancellation));
        }
    }

    /// <summary>
    /// Sends a whole request and reads its answer. Several calls at once are pipelining. Bytes that no request asked for are an error.
    /// </summary>
    /// <exception cref="IOException">The connection ended before the answer was complete.</exception>
    /// <exception cref="HttpSyntaxException">The answer is not HTTP/1.1, or more than one answer came to the request before.</exception>
    public async Task<HttpAnswer> ExchangeAsync(ReadOnlyMemory<byte> request, CancellationToken cancellation = default)
    {
        Task written;
        Task<HttpAnswer> answer;
        lock (_gate)
        {
            if (_expected == 0 && _reader.BufferedBytes > 0)
                throw new HttpSyntaxException($"The server wrote {_reader.BufferedBytes} bytes beyond the Content-Length of its last answer.");
            written = SendAsync(request, cancellation);
            answer = ReadAnswerAsync(isHeadAnswer: false, cancellation);
        }

        // A server may answer (413, say) and close before it read everything: its answer counts, not our failed write.
        await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await answer;
    }

    /// <summary>Reads whatever still comes until the server closes or resets the connection.</summary>
    public Task<byte[]> ReadToCloseAsync(CancellationToken cancellation = default) => _reads.Enqueue(async () =>
    {
        _isUsable = false;
        try
        {
            return await _reader.ReadToCloseAsync(cancellation);
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return [];
        }
    });

    /// <summary>Says "nothing more to come" (FIN) and can still read.</summary>
    public void ShutdownSend()
    {
        _isUsable = false;
        _socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Cuts the connection with a RST: the server learns it at once, and what was under way is lost.</summary>
    public void Reset()
    {
        if (!TryClose())
            return;
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <summary>Closes the connection in order (FIN).</summary>
    public void Dispose()
    {
        if (!TryClose())
            return;
        _stream.Dispose();
        _socket.Dispose();
    }

    private bool TryClose()
    {
        _isUsable = false;
        return Interlocked.Exchange(ref _isClosed, 1) == 0;
    }

    private static async Task<SslStream> StartTlsAsync(Stream plain, Uri node, BoshConnectionOptions options, CancellationToken cancellation)
    {
        var tls = new SslStream(plain, leaveInnerStreamOpen: false);
        var authentication = new SslClientAuthenticationOptions
        {
            TargetHost = node.IdnHost,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = options.CertificateCheck,
        };
        await tls.AuthenticateAsClientAsync(authentication, cancellation);
        return tls;
    }

    private async Task<int> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            await _stream.WriteAsync(bytes, cancellation);
            BytesSent += bytes.Length;
            return bytes.Length;
        }
        catch (Exception e)
        {
            _isUsable = false;
            throw Translate(e, "send");
        }
    }

    private async Task<HttpAnswer> ReadAsync(bool isHeadAnswer, CancellationToken cancellation)
    {
        try
        {
            var answer = await _reader.ReadAsync(isHeadAnswer, cancellation);
            if (!answer.KeepsAlive)
                _isUsable = false;
            return answer;
        }
        catch (OperationCanceledException)
        {
            Reset();
            throw;
        }
        catch (Exception e)
        {
            _isUsable = false;
            throw Translate(e, "read");
        }
        finally
        {
            Interlocked.Decrement(ref _expected);
        }
    }

    // A connection that this side reset or closed under a pending call is a broken connection like any other to the caller.
    private static Exception Translate(Exception e, string action) => e is ObjectDisposedException or SocketException
        ? new IOException($"The connection was cut while this client wanted to {action}.", e)
        : e;
}
