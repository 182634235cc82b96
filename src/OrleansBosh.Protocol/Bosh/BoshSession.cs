using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>
/// One BOSH session as a pure machine: calls come in with the time, effects go out in order. It owns no task, timer, lock, socket, clock
/// or logger and is plain data at every moment (<see cref="Capture"/>).
/// </summary>
/// <remarks>
/// The caller passes each request with a fresh ticket, hands <see cref="NextOutboxItem"/> to the backend one at a time, confirms it with
/// <see cref="Delivered"/>, takes the <see cref="Effects"/> after every call, and calls <see cref="Tick"/> at <see cref="NextTick"/>.
/// The job is split: RidWindow orders, HeldRequests waits, ReplyCache repeats, ClientQueue and Outbox carry, RequestRate and KeySequence
/// guard; this class decides. Its parts are this file (calls), BoshSession.Requests.cs, BoshSession.Answers.cs, BoshSession.Ends.cs,
/// BoshSession.Time.cs and BoshSession.Snapshot.cs.
/// </remarks>
public sealed partial class BoshSession
{
    private readonly BoshSessionSettings _settings;
    private readonly BoshNegotiation _negotiation;
    private readonly string? _host;
    private readonly RidWindow _window;
    private readonly HeldRequests _held = new();
    private readonly ReplyCache _cache;
    private readonly ClientQueue _queue;
    private readonly Outbox _outbox = new();
    private readonly KeySequence _keys;
    private readonly RequestRate _rate;
    private readonly List<BoshEffect> _effects = [];

    private BoshPhase _phase;
    private PendingEnd? _pendingEnd;

    /// <summary>Rendered into the answer of the creation request, then forgotten.</summary>
    private CreationReply? _creationReply;

    /// <summary>The end of the current phase: creation, negotiation, telling the end, or the grace after the end.</summary>
    private DateTimeOffset? _phaseDeadline;
    private DateTimeOffset _collectUntil;
    private DateTimeOffset? _idleSince;
    private DateTimeOffset _lastAnswerAt;
    private LatestPause? _pause;

    private BoshSession(
        BoshSessionSettings settings, BoshNegotiation negotiation, string? host, long rid, string? key, BoshPhase phase)
    {
        _settings = settings;
        _negotiation = negotiation;
        _host = host;
        _window = new(rid, negotiation.Requests);
        _cache = negotiation.ClientAcks
            ? new(settings.MaxCachedAnswers, settings.MaxCachedBytes)
            : new(negotiation.Requests, int.MaxValue);
        _queue = new(settings);
        _keys = new(key);
        _rate = new(settings, negotiation.IsPolling);
        _phase = phase;
    }

    /// <summary>Answers and releases since the last <see cref="TakeEffects"/>, in the order in which they must leave.</summary>
    public IReadOnlyList<BoshEffect> Effects => _effects;

    /// <summary>What the backend is to do next; the same one until it is confirmed.</summary>
    public OutboxItem? NextOutboxItem => _outbox.TryPeek(out var item) ? item : null;

    /// <summary>The session has ended, or is about to: it takes no more stanzas for the client.</summary>
    public bool IsEnding => _phase >= BoshPhase.Closing;

    /// <summary>Ended, and the backend has confirmed that: it has got back what no client has seen.</summary>
    public bool IsClosed => _phase == BoshPhase.Ended && _outbox.Count == 0;

    /// <summary>Ended, told, and past its grace: nothing of it needs to be kept once the outbox is empty.</summary>
    public bool IsOver { get; private set; }

    /// <summary>How the session ended; null before that, and in a session that was captured after its end: there it has been counted.</summary>
    public SessionEnd? Ended { get; private set; }

    /// <summary>Whether a client is there: a request waits, or the last answer left less than <paramref name="grace"/> ago.</summary>
    public bool IsLive(TimeSpan grace, DateTimeOffset now) => HasWaitingCaller || (!IsEnding && now - _lastAnswerAt < grace);

    /// <summary>Opens a session from its creation request. The stream to the backend stands in the outbox; its features answer the request.</summary>
    /// <param name="body">The creation request; the caller has looked at <c>to</c>.</param>
    /// <param name="sid">The new session's id.</param>
    /// <param name="domain">The prepared domain, returned as <c>from</c>.</param>
    /// <param name="host">The public name of this node for the attribute <c>host</c>, or null.</param>
    /// <param name="settings">What to enforce and advertise.</param>
    /// <param name="ticket">The waiting caller.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when the request's attributes are wrong: answer <c>bad-request</c>.</returns>
    public static BoshSession? Create(
        BoshBody body, string sid, string domain, string? host, BoshSessionSettings settings, long ticket, DateTimeOffset now)
    {
        if (!BoshNegotiation.TryNegotiate(body, settings, out var negotiation)) return null;
        var session = new BoshSession(settings, negotiation, host, body.Rid, body.NewKey, BoshPhase.Creating)
        {
            _creationReply = new(sid, domain, body.Rid),
            _phaseDeadline = now + settings.CreationTimeout,
            _lastAnswerAt = now,
            _collectUntil = now + settings.ReplyCollection,
        };
        session._rate.LastArrival = now;
        session._outbox.Add(new(OutboxKind.Open, body.Rid, -1));
        session.Accept(body);
        session._held.Add(new(body.Rid, ticket, DateTimeOffset.MaxValue, key: null));
        return session;
    }

    /// <summary>A request of this session arrived.</summary>
    public void Receive(BoshBody body, long ticket, DateTimeOffset now)
    {
        if (_phase == BoshPhase.Ended)
        {
            AnswerAfterEnd(body, ticket);
            return;
        }

        var request = new ArrivedRequest(body, ticket, now);
        var isExtra = IsTerminate(body) || IsPause(body);
        switch (_window.PlaceOf(body.Rid, isExtra))
        {
            case RidPlace.Behind when body.Rid == BoshBody.NoRid:
                End(BoshCondition.BadRequest, request, now);
                break;
            case RidPlace.Behind:
                Repeat(body, ticket, now);
                break;
            case RidPlace.Parked:
                RepeatParked(body, ticket, now);
                break;
            case RidPlace.Beyond:
                End(BoshCondition.ItemNotFound, request, now);
                break;
            case var _ when IsOverRequests(isExtra):
                End(BoshCondition.PolicyViolation, request, now);
                break;
            case RidPlace.Ahead:
                _window.Park(request);
                _idleSince = null;
                break;
            default:
                Process(request, now);
                while (_phase != BoshPhase.Ended && _window.TryTakeNext(out var parked)) Process(parked, now);
                break;
        }

        Settle(now);
    }

    /// <summary>The caller with this ticket has gone: its connection broke. Its request keeps its place (B-RTX-06).</summary>
    public void Abandon(long ticket, DateTimeOffset now)
    {
        if (_held.FindTicket(ticket) is { } held) held.Ticket = null;
        foreach (var parked in _window.Parked)
        {
            if (parked.Ticket == ticket) parked.Ticket = null;
        }

        Settle(now);
    }

    /// <summary>The backend has done this item of the outbox. What it brought leaves when all is done, or with a <see cref="Flush"/>.</summary>
    public void Delivered(OutboxItem item, DateTimeOffset now)
    {
        _outbox.Confirm(item);
        if (_outbox.Count == 0) Settle(now);
    }

    /// <summary>
    /// Whether the queue to the client has room. If not, the client does not fetch fast enough: the sender keeps the stanza for later. One
    /// that does not fetch at all ends its session by inactivity, so nobody can end another's session by sending much.
    /// </summary>
    public bool CanSend(Stanza stanza) => !IsEnding && _queue.HasRoomFor(stanza);

    /// <summary>Queues a stanza for the client; it leaves with the next <see cref="Flush"/> or other call.</summary>
    public void Send(Stanza stanza)
    {
        if (!IsEnding) _queue.Add(stanza);
    }

    /// <summary>Lets queued stanzas leave, as far as requests are open.</summary>
    public void Flush(DateTimeOffset now) => Settle(now);

    /// <summary>The client has bound a resource: negotiation is over, and it polls by itself from now on.</summary>
    public void Bound()
    {
        _isBound = true;
        if (_phase != BoshPhase.Negotiating) return;
        _phase = BoshPhase.Established;
        _phaseDeadline = null;
    }

    /// <summary>The server's side ends the session. Queued stanzas go first, the end goes on the request after them (B-XMPP-11).</summary>
    /// <param name="condition">What to tell the client.</param>
    /// <param name="streamError">The <c>stream:error</c> element, for <see cref="BoshCondition.RemoteStreamError"/>.</param>
    /// <param name="now">The time.</param>
    public void Close(BoshCondition condition, Stanza? streamError, DateTimeOffset now)
    {
        if (IsEnding) return;
        if (_phase == BoshPhase.Creating)
        {
            // No client knows this session yet: its creation is refused and nothing is left behind.
            _pendingEnd = new(condition, streamError);
            Finish(now, grace: TimeSpan.Zero);
            return;
        }

        _pendingEnd = new(condition, streamError);
        _phase = BoshPhase.Closing;
        _phaseDeadline = now + _settings.EndGrace;
        Settle(now);
    }

    /// <summary>
    /// Ends the session at once, because its node stops: whoever waits is told, parked requests included, and what is queued counts as
    /// undelivered, since nobody will be here to give it out (B-COND-12).
    /// </summary>
    public void ShutDown(DateTimeOffset now)
    {
        if (_phase == BoshPhase.Ended) return;
        _pendingEnd = new(BoshCondition.SystemShutdown, null);
        Finish(now, _settings.EndGrace);
    }

    /// <summary>Releases every waiting caller without an answer, because the session moves; its request will come again.</summary>
    public void ReleaseAll(DateTimeOffset now)
    {
        for (var i = 0; i < _held.Count; i++)
        {
            if (_held[i].Ticket is { } ticket) _effects.Add(new(ticket, null));
            _held[i].Ticket = null;
        }

        foreach (var parked in _window.Parked)
        {
            if (parked.Ticket is { } ticket) _effects.Add(new(ticket, null));
            parked.Ticket = null;
        }

        Settle(now);
    }

    /// <summary>Hands over the effects and forgets them.</summary>
    public BoshEffect[] TakeEffects()
    {
        BoshEffect[] effects = [.. _effects];
        _effects.Clear();
        return effects;
    }
}
