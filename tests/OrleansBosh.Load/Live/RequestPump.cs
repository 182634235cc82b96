using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Live;

/// <summary>
/// The loop of a bound session: keeps as many requests with the server as it may hold, puts waiting stanzas into new ones, and takes
/// answers in the order of their rids. One asynchronous loop, no thread, no timer unless the session polls.
/// </summary>
internal sealed class RequestPump
{
    private readonly BoshClientOptions _options;
    private readonly SessionTerms _terms;
    private readonly ReliableSender _sender;
    private readonly Action<XElement> _receive;
    private readonly Channel<string> _unsent;
    private readonly Queue<InFlight> _inFlight = new();
    private readonly int _limit;
    private readonly int _toHold;
    private long _lastRid;
    private long _lastAnswered;
    private bool _isTerminationSent;
    private Task<bool>? _readable;
    private long _lastPoll;
    private long _lastAnswer;
    private bool _isLastEmpty;

    public RequestPump(BoshClientOptions options, SessionTerms terms, ReliableSender sender, long lastRid, Action<XElement> receive)
    {
        _options = options;
        _terms = terms;
        _sender = sender;
        _receive = receive;
        _lastRid = _lastAnswered = lastRid;
        _lastPoll = _lastAnswer = Stopwatch.GetTimestamp();
        _unsent = Channel.CreateBounded<string>(new BoundedChannelOptions(options.MaxUnsent) { SingleReader = true });

        // A client that lets the server hold all its connections cannot send until `wait` is over: one always stays free if there are two.
        _limit = Math.Max(1, Math.Min(terms.Requests, options.MaxConnections));
        _toHold = terms.IsPolling ? 0 : Math.Min(terms.Hold, Math.Max(1, _limit - 1));
    }

    /// <summary>Stanzas that wait for a request.</summary>
    public ChannelWriter<string> Unsent => _unsent.Writer;

    /// <summary>Lets the loop send what is waiting, then terminate the session.</summary>
    public void RequestTermination() => _unsent.Writer.TryComplete();

    /// <summary>Runs until the session is closed by either side; a failure is thrown.</summary>
    public async Task<BoshEnd> RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            while (_inFlight.TryPeek(out var oldest) && oldest.Answer.IsCompleted)
            {
                _inFlight.Dequeue();
                if (Take(oldest, await oldest.Answer) is { } end)
                    return end;
            }

            if (!TryLaunch(cancellation))
                await WaitAsync(cancellation);
        }
    }

    private BoshEnd? Take(InFlight request, BoshAnswer answer)
    {
        _lastAnswered = request.Rid;
        _lastAnswer = Stopwatch.GetTimestamp();
        foreach (var stanza in answer.Payload)
            _receive(stanza);
        // XEP-0124 §17.2: a held request may learn that another one, here this client's own termination, ended the session (ejabberd).
        if (answer.IsTerminate && !(_isTerminationSent && answer.Condition is (null or "other-request")))
            return new BoshEnd(BoshEndKind.Terminated, answer.Condition, answer);
        return answer.IsTerminate || request.IsTermination ? new BoshEnd(BoshEndKind.Closed, Answer: answer) : null;
    }

    private bool TryLaunch(CancellationToken cancellation)
    {
        if (_isTerminationSent || UntilMayFollow > TimeSpan.Zero)
            return false;
        if (_inFlight.Count < _limit && TakeBatch() is { Count: > 0 } batch)
        {
            _options.Metrics.CountSentStanzas(batch.Count);
            Launch([], batch, cancellation);
            return true;
        }

        // XEP-0124 §11: a terminating request may exceed the number of requests by one.
        if (_inFlight.Count <= _limit && _unsent.Reader.Completion.IsCompleted)
        {
            _isTerminationSent = true;
            Launch([("type", "terminate")], [StanzaXml.Text(StanzaXml.Presence("unavailable"))], cancellation);
            return true;
        }

        if (!IsEmptyWanted || UntilEmpty > TimeSpan.Zero)
            return false;
        _lastPoll = Stopwatch.GetTimestamp();
        Launch([], [], cancellation);
        return true;
    }

    /// <summary>Whether the server is to get an empty request, at once or after a while, unless there comes something to say.</summary>
    private bool IsEmptyWanted => _terms.IsPolling ? _inFlight.Count == 0 : _inFlight.Count < _toHold;

    // Polling: half a second more than asked for, since requests may be delayed on the way unequally, and too close is a violation of policy.
    private TimeSpan UntilEmpty => _terms.IsPolling
        ? _terms.Polling + TimeSpan.FromMilliseconds(500) - Stopwatch.GetElapsedTime(_lastPoll)
        : _options.EmptyRequestDelay - Stopwatch.GetElapsedTime(_lastAnswer);

    private TimeSpan UntilMayFollow => _isLastEmpty && _inFlight.Count > 0 ? _options.EmptyRequestLead - Stopwatch.GetElapsedTime(_lastPoll) : TimeSpan.Zero;

    private List<string> TakeBatch()
    {
        var batch = new List<string>();
        while (batch.Count < _options.MaxBatch && _unsent.Reader.TryRead(out var stanza))
            batch.Add(stanza);
        return batch;
    }

    private void Launch(List<(string Name, string? Value)> attributes, List<string> payload, CancellationToken cancellation)
    {
        var rid = ++_lastRid;
        List<(string Name, string? Value)> all = [("rid", rid.ToString(CultureInfo.InvariantCulture)), ("sid", _terms.Sid), .. attributes];
        // XEP-0124 §9.2: no ack means that everything below this rid has been answered.
        if (_options.Ack && _lastAnswered != rid - 1)
            all.Add(("ack", _lastAnswered.ToString(CultureInfo.InvariantCulture)));
        _isLastEmpty = payload.Count == 0;
        var request = BoshRequest.Of(rid, all, payload);
        _inFlight.Enqueue(new InFlight(rid, _isTerminationSent, _sender.DeliverAsync(request, cancellation)));
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        var events = new List<Task>(3);
        if (_inFlight.TryPeek(out var oldest))
            events.Add(oldest.Answer);
        if (!_isTerminationSent)
            AddReasonsToLaunch(events, cancellation);
        await Task.WhenAny(events);
        cancellation.ThrowIfCancellationRequested();
    }

    private void AddReasonsToLaunch(List<Task> events, CancellationToken cancellation)
    {
        if (UntilMayFollow is var lead && lead > TimeSpan.Zero)
        {
            events.Add(DelayAsync(lead, cancellation));
            return;
        }

        // Closed and empty. It may have come to that after TryLaunch looked, so nothing but this task itself tells.
        if (_inFlight.Count <= _limit)
            events.Add(_unsent.Reader.Completion);
        if (_inFlight.Count < _limit)
            events.Add(Readable(cancellation));
        if (IsEmptyWanted)
            events.Add(DelayAsync(UntilEmpty, cancellation));
    }

    // Whole milliseconds, rounded up: a timer leaves out the rest, and the loop would run round and round through it.
    private static Task DelayAsync(TimeSpan rest, CancellationToken cancellation) =>
        Task.Delay(TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(rest.TotalMilliseconds))), cancellation);

    private Task<bool> Readable(CancellationToken cancellation)
    {
        if (_readable is null || _readable.IsCompleted)
            _readable = _unsent.Reader.WaitToReadAsync(cancellation).AsTask();
        return _readable;
    }

    private sealed record InFlight(long Rid, bool IsTermination, Task<BoshAnswer> Answer);
}
