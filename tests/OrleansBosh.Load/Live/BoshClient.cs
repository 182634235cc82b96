using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Live;

/// <summary>
/// A client that behaves as those in browsers do: logs in, lets the server hold a request, sends on a second connection, repeats what a
/// broken connection lost, and hands out what it receives once and in order. For a session under a test's control see
/// <see cref="ScriptedSession"/>.
/// </summary>
public sealed class BoshClient : IBoshExchange, IAsyncDisposable
{
    private readonly BoshClientOptions _options;
    private readonly ReliableSender _sender;
    private readonly Channel<XElement> _stanzas;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<XElement>> _iqs = new();
    private readonly CancellationTokenSource _disposal = new();
    private readonly TaskCompletionSource<BoshEnd> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SessionTerms? _terms;
    private RequestPump? _pump;
    private long _lastRid;
    private long _lastIq;
    private int _hasEnded;

    public BoshClient(BoshClientOptions options)
    {
        _options = options;
        _sender = new ReliableSender(options);
        _lastRid = (options.FirstRid ?? RidSource.Draw(options.Seed)) - 1;
        _stanzas = Channel.CreateBounded<XElement>(new BoundedChannelOptions(options.MaxUnread) { SingleWriter = true });
    }

    /// <summary>The answer to the creation request.</summary>
    public BoshAnswer? Creation { get; private set; }

    /// <summary>The full JID that the server gave.</summary>
    public string? Jid { get; private set; }

    public string? Sid => _terms?.Sid;

    public ClientMetrics Metrics => _options.Metrics;

    /// <summary>The node that requests go to now. Setting it makes the following ones go elsewhere, to a wrong node for example.</summary>
    public Uri Node
    {
        get => _sender.Node;
        set => _sender.Node = value;
    }

    /// <summary>Ends with the session, and never with an exception.</summary>
    public Task<BoshEnd> Completion => _completion.Task;

    /// <summary>
    /// Received stanzas in order, answers to <see cref="IqAsync"/> excepted. Completes after <see cref="TerminateAsync"/>; any other end
    /// of the session is thrown to the reader.
    /// </summary>
    public ChannelReader<XElement> Stanzas => _stanzas.Reader;

    /// <summary>Creates the session; <see cref="LoginAsync"/> and <see cref="RegisterAsync"/> do it when it has not been done.</summary>
    /// <exception cref="BoshTerminatedException">The server refused.</exception>
    public async Task OpenAsync(CancellationToken cancellation = default)
    {
        // A creation request whose answer is lost is repeated too: the server cannot know and reaps the first session (B-CRE-11).
        var rid = ++_lastRid;
        var answer = await DeliverAsync(BoshRequest.Of(rid, _options.CreationAttributes(rid), []), cancellation);
        if (answer.IsTerminate)
            throw new BoshTerminatedException(answer.Condition, answer);
        _terms = SessionTerms.Of(answer, _options);
        _sender.AnswerTimeout = _terms.Wait + _options.AnswerGrace;
        Creation = answer;
    }

    /// <summary>Creates an account at the domain (XEP-0077); the session is not authenticated by it.</summary>
    /// <exception cref="LoginException">The server refused.</exception>
    public async Task RegisterAsync(string user, string password, CancellationToken cancellation = default)
    {
        if (Creation is null)
            await OpenAsync(cancellation);
        await new Negotiation(this, _options).RegisterAsync(user, password, cancellation);
    }

    /// <summary>
    /// Authenticates, restarts the stream, binds a resource and starts to poll. Returns the full JID. Presence is not sent: that is up
    /// to the caller.
    /// </summary>
    /// <exception cref="LoginException">The server refused; other credentials may be tried.</exception>
    public async Task<string> LoginAsync(BoshLogin login, CancellationToken cancellation = default)
    {
        if (_pump is not null)
            throw new InvalidOperationException("This session is logged in already.");
        if (Creation is null)
            await OpenAsync(cancellation);
        var negotiation = new Negotiation(this, _options);
        Jid = await negotiation.LoginAsync(Creation!, login, cancellation);
        foreach (var stanza in negotiation.Unclaimed)
            Receive(stanza);
        _pump = new RequestPump(_options, _terms!, _sender, _lastRid, Receive);
        _ = RunAsync(_pump);
        return Jid;
    }

    /// <summary>Queues a stanza; waits when the queue is full. The element may be changed afterwards.</summary>
    /// <exception cref="ChannelClosedException">The session has ended; the inner exception says why.</exception>
    public ValueTask SendAsync(XElement stanza, CancellationToken cancellation = default) =>
        Pump.Unsent.WriteAsync(StanzaXml.Text(stanza), cancellation);

    /// <summary>Sends an iq, with an id made here, and returns the result or the error stanza.</summary>
    /// <exception cref="BoshTerminatedException">The session ended first.</exception>
    public async Task<XElement> IqAsync(XElement iq, CancellationToken cancellation = default)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"iq{Interlocked.Increment(ref _lastIq)}");
        var request = new XElement(iq);
        request.SetAttributeValue("id", id);
        var reply = new TaskCompletionSource<XElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _iqs[id] = reply;
        try
        {
            var started = Stopwatch.GetTimestamp();
            await SendAsync(request, cancellation);
            var result = await reply.Task.WaitAsync(cancellation);
            Metrics.IqTimes.Add(Stopwatch.GetElapsedTime(started));
            return result;
        }
        finally
        {
            _iqs.TryRemove(id, out _);
        }
    }

    /// <summary>Sends what is queued, then unavailable presence in a terminating request, and awaits the end of the session.</summary>
    public async Task<BoshEnd> TerminateAsync(CancellationToken cancellation = default)
    {
        if (_pump is not null)
        {
            _pump.RequestTermination();
        }
        else if (Creation is not null && !_completion.Task.IsCompleted)
        {
            var answer = await ExchangeAsync([("type", "terminate")], [], cancellation);
            End(new BoshEnd(BoshEndKind.Closed, answer.Condition, answer));
        }
        else
        {
            End(new BoshEnd(BoshEndKind.Closed));
        }

        return await Completion.WaitAsync(cancellation);
    }

    /// <summary>Drops all connections without a word to the server; <see cref="TerminateAsync"/> is the polite way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _disposal.CancelAsync();
        if (_pump is null)
            End(new BoshEnd(BoshEndKind.Abandoned));
        await Completion;
    }

    Task<BoshAnswer> IBoshExchange.ExchangeAsync(
        IEnumerable<(string Name, string? Value)> attributes, IEnumerable<string> payload, CancellationToken cancellation) =>
        ExchangeAsync(attributes, payload, cancellation);

    private RequestPump Pump => _pump ?? throw new InvalidOperationException("This session is not logged in.");

    private Task<BoshAnswer> ExchangeAsync(
        IEnumerable<(string Name, string? Value)> attributes, IEnumerable<string> payload, CancellationToken cancellation)
    {
        var rid = ++_lastRid;
        List<(string, string?)> all = [("rid", rid.ToString(CultureInfo.InvariantCulture)), ("sid", Sid), .. attributes];
        return DeliverAsync(BoshRequest.Of(rid, all, payload), cancellation);
    }

    private async Task<BoshAnswer> DeliverAsync(BoshRequest request, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _disposal.Token);
        return await _sender.DeliverAsync(request, either.Token);
    }

    private async Task RunAsync(RequestPump pump)
    {
        try
        {
            End(await pump.RunAsync(_disposal.Token));
        }
        catch (OperationCanceledException) when (_disposal.IsCancellationRequested)
        {
            End(new BoshEnd(BoshEndKind.Abandoned));
        }
        catch (Exception e)
        {
            // Broken connections beyond the limit, answers that break the protocol, too many unread stanzas: the end of this session,
            // told to everyone who waits for something.
            End(new BoshEnd(BoshEndKind.Failed, Error: e));
        }
    }

    private void Receive(XElement stanza)
    {
        Metrics.CountReceivedStanza();
        if (stanza.Name == BoshNames.Client + "iq"
            && stanza.Attribute("type")?.Value is "result" or "error"
            && stanza.Attribute("id")?.Value is { } id
            && _iqs.TryRemove(id, out var waiting))
        {
            waiting.TrySetResult(stanza);
            return;
        }

        if (!_stanzas.Writer.TryWrite(stanza))
            throw new InvalidOperationException($"More than {_options.MaxUnread} received stanzas were not read.");
    }

    private void End(BoshEnd end)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) != 0)
            return;
        var exception = end.ToException();
        _pump?.Unsent.TryComplete(exception);
        _stanzas.Writer.TryComplete(exception);
        foreach (var waiting in _iqs.Values)
            waiting.TrySetException(exception ?? new BoshTerminatedException(null, end.Answer));
        _sender.Dispose();
        if (end.Kind != BoshEndKind.Abandoned)
            _disposal.Cancel(); // the answers that are still due on other connections
        _completion.SetResult(end);
    }
}
