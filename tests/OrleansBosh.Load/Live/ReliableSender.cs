using System.Diagnostics;
using System.Net.Sockets;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Load.Live;

/// <summary>
/// Gets one request answered: on an idle connection or a new one, again with the same bytes when the connection breaks, the answer does
/// not come in time or the server is in trouble, at another node when this one stays silent. Follows <c>host</c> when told to.
/// </summary>
internal sealed class ReliableSender(BoshClientOptions options) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestCutDelay = TimeSpan.FromMilliseconds(20);

    private readonly Random _random = options.Seed is { } seed ? new Random(seed) : Random.Shared;
    private readonly Lock _gate = new();
    private readonly TurnQueue _rentals = new();
    private readonly List<BoshConnection> _idle = [];
    private readonly List<Uri> _nodes = [.. options.Nodes];
    private Uri _node = options.Nodes[0];
    private bool _isDisposed;

    /// <summary>The longest time an answer takes at a healthy server; the creation request is not held.</summary>
    public TimeSpan AnswerTimeout { get; set; } = options.AnswerGrace;

    /// <summary>The node that the next request goes to.</summary>
    public Uri Node
    {
        get
        {
            lock (_gate)
                return _node;
        }

        set
        {
            lock (_gate)
                _node = value;
        }
    }

    /// <exception cref="IOException">No node answered within the limit.</exception>
    /// <exception cref="BoshProtocolException">The answer breaks the protocol.</exception>
    /// <exception cref="HttpSyntaxException">The answer is not HTTP/1.1.</exception>
    public async Task<BoshAnswer> DeliverAsync(BoshRequest request, CancellationToken cancellation)
    {
        options.Metrics.CountRequest();
        var started = Stopwatch.GetTimestamp();
        long? firstFailure = null;
        for (var attempt = 0; ; attempt++)
        {
            Exception trouble;
            var node = NextNode();
            try
            {
                var http = await TryOnceAsync(request, node, cancellation);
                if (http.Status < 500)
                {
                    var answer = BoshAnswer.Parse(http);
                    if (!answer.IsError)
                    {
                        Follow(answer);
                        options.Metrics.CountAnswer(answer, Stopwatch.GetElapsedTime(started));
                        return answer;
                    }
                }

                // XEP-0124 §17.3: a recoverable error asks for the same request once more; 5xx is treated like a broken connection.
                trouble = new IOException(http.Status < 500 ? "The answer has type='error'." : $"The server answered HTTP {http.Status}.");
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                trouble = e;
            }

            firstFailure ??= Stopwatch.GetTimestamp();
            if (Stopwatch.GetElapsedTime(firstFailure.Value) > options.RecoveryLimit)
                throw new IOException($"No answer after {attempt + 1} attempts, the last at {node}: {trouble.Message}", trouble);
            options.Metrics.CountRepeat();
            await RecoverAsync(attempt, node, cancellation);
        }
    }

    /// <summary>Closes the connections that are not in use; those in use end with the cancellation of their calls.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (var connection in _idle)
                connection.Dispose();
            _idle.Clear();
        }
    }

    private Uri NextNode()
    {
        lock (_gate)
            return options.SpreadsRequests ? _nodes[_random.Next(_nodes.Count)] : _node;
    }

    private async Task<HttpAnswer> TryOnceAsync(BoshRequest request, Uri node, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(AnswerTimeout);
        BoshConnection? connection = null;
        try
        {
            var bytes = request.ToHttp(node, options);
            // A request that needs a new connection is not overtaken by the next one, which finds an idle one.
            connection = await _rentals.Enqueue(() => RentAsync(node, limit.Token));
            var before = connection.BytesReceived;
            var exchange = connection.ExchangeAsync(bytes, limit.Token);
            if (IsToBeCut(out var delay))
            {
                await Task.Delay(delay, limit.Token);
                connection.Reset();

                // An answer that came in time is lost all the same: the server has to give it once more.
                await ((Task)exchange).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new IOException("This client cut the connection.");
            }

            var answer = await exchange;
            options.Metrics.CountBytes(bytes.Length, connection.BytesReceived - before);
            Return(connection);
            return answer;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            connection?.Reset();
            throw new IOException($"No answer within {AnswerTimeout}.");
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    private bool IsToBeCut(out TimeSpan delay)
    {
        delay = TimeSpan.Zero;
        if (options.CutShare <= 0)
            return false;
        lock (_gate)
        {
            delay = LongestCutDelay * _random.NextDouble();
            return _random.NextDouble() < options.CutShare;
        }
    }

    // The first repeat is immediate: mostly the server had just closed an idle connection. From the second on, other nodes get a chance.
    private async Task RecoverAsync(int attempt, Uri failed, CancellationToken cancellation)
    {
        if (attempt == 0)
            return;
        double jitter;
        lock (_gate)
        {
            // Another request may have left the node already.
            if (_node == failed)
                _node = _nodes[(_nodes.IndexOf(failed) + 1) % _nodes.Count];
            jitter = 0.5 + _random.NextDouble();
        }

        var pause = FirstPause * Math.Pow(2, Math.Min(attempt - 1, 16));
        await Task.Delay((pause < LongestPause ? pause : LongestPause) * jitter, cancellation);
    }

    private async Task<BoshConnection> RentAsync(Uri node, CancellationToken cancellation)
    {
        lock (_gate)
        {
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                var idle = _idle[i];
                var fits = idle.IsUsable && idle.Node == node;
                if (!fits && idle.IsUsable && options.SpreadsRequests)
                    continue; // for a later request
                _idle.RemoveAt(i);
                if (fits)
                    return idle;
                idle.Dispose();
            }
        }

        var connection = await BoshConnection.ConnectAsync(node, options.Connections, cancellation);
        options.Metrics.CountConnection();
        return connection;
    }

    private void Return(BoshConnection connection)
    {
        lock (_gate)
        {
            var isWanted = options.SpreadsRequests || connection.Node == _node;
            if (!_isDisposed && connection.IsUsable && isWanted && _idle.Count(idle => idle.Node == connection.Node) < options.MaxConnections)
            {
                _idle.Add(connection);
                return;
            }
        }

        connection.Dispose();
    }

    private void Follow(BoshAnswer answer)
    {
        if (!options.FollowHost || answer.Host is not { } host)
            return;
        lock (_gate)
            _node = NodeHost.Apply(_node, host);
    }
}
