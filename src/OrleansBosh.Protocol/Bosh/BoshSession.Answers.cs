using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>How requests are answered and how the session ends.</summary>
public sealed partial class BoshSession
{
    /// <summary>B-ACK-08: a report of something that is merely still on its way is fatal for jbosh.</summary>
    private static readonly TimeSpan ReportAfter = TimeSpan.FromSeconds(2);

    private bool _isBound;

    /// <summary>The last answer with payload, and what had been received when it left. Not captured: it matters for milliseconds.</summary>
    private (long Rid, long HighestReceived, DateTimeOffset At)? _lastPayload;

    /// <summary>
    /// Brings the session to rest after a call: payload goes to the lowest open request, surplus requests are released, and the
    /// inactivity clock starts when nobody waits any more.
    /// </summary>
    private void Settle(DateTimeOffset now)
    {
        if (_phase == BoshPhase.Ended) return;
        if (_phase != BoshPhase.Creating || (_queue.Count > 0 && !IsCollecting(now))) DeliverQueue(now);
        if (_queue.IsOverfull)
        {
            End(BoshCondition.PolicyViolation, null, now, SessionEndCause.Queue);
            return;
        }

        if (_phase == BoshPhase.Closing)
        {
            if (_queue.Count == 0 && _held.HasLive) Finish(now, _settings.EndGrace);
        }
        else if (_phase != BoshPhase.Creating && !IsCollecting(now))
        {
            while (_held.Count > _negotiation.EffectiveHold) AnswerLowest([], now);
        }

        // Nobody waits for these, so nothing is gained by collecting; a client that breaks each connection could pile them up.
        while (_held.Count > _negotiation.Requests && _held[0].Ticket is null) AnswerLowest([], now);

        if (HasWaitingCaller) _idleSince = null;
        else _idleSince ??= now;
    }

    // B-HOLD-06: replies to the newest payload should ride the answer of an older request. Too full an outbox holds requests back for good.
    private bool IsCollecting(DateTimeOffset now) =>
        _outbox.Count > 0 && (now < _collectUntil || _outbox.Count > _settings.MaxOutboxStanzas);

    private void DeliverQueue(DateTimeOffset now)
    {
        while (_queue.Count > 0 && _held.HasLive && !(now < OvertakingUntil))
        {
            // B-RTX-06: a broken request consumes no stanzas; since a newer one is there, it is closed with an empty answer.
            AnswerLowest(_held[0].Ticket is null ? [] : _queue.TakeBatch(), now);
        }
    }

    /// <summary>
    /// Until when payload on the lowest open request could overtake payload that has just left on the one before; null when it cannot.
    /// Two answers at once on two connections may arrive in either order, and Strophe and stanza.js take them as they come.
    /// </summary>
    private DateTimeOffset? OvertakingUntil
    {
        get
        {
            if (_lastPayload is not { } last || _held.Count == 0 || _negotiation.IsPolling || _phase == BoshPhase.Creating) return null;
            // The request came after the answer had left; or the client has shown since that it has the answer: without it, it had no right
            // to send so high a rid.
            if (_held[0].Rid > last.HighestReceived || HighestReceived >= last.Rid + _negotiation.Requests) return null;
            return last.At + _settings.AnswerSpacing;
        }
    }

    private long HighestReceived => _window.Parked.Count > 0 ? _window.Parked[^1].Body.Rid : _window.Last;

    /// <summary>Answers the lowest open request and keeps the answer for a repeat.</summary>
    private void AnswerLowest(IReadOnlyList<Stanza> stanzas, DateTimeOffset now)
    {
        var request = _held[0];
        _held.RemoveLowest();
        var answer = Answer(Render(request.Rid, stanzas));
        _cache.Add(new(request.Rid, answer, request.Key, now));
        if (request.Ticket is { } ticket)
        {
            _effects.Add(new(ticket, answer));
            _lastAnswerAt = now;
            if (stanzas.Count > 0)
            {
                _lastPayload = (request.Rid, HighestReceived, now);
                _rate.AnsweredWithPayload();
            }
        }

        if (_phase != BoshPhase.Creating) return;
        _phase = _isBound ? BoshPhase.Established : BoshPhase.Negotiating;
        _phaseDeadline = _isBound ? null : now + _settings.NegotiationTimeout;
    }

    private byte[] Render(long rid, IReadOnlyList<Stanza> stanzas)
    {
        var body = new BoshBodyWriter(_host, stanzas);
        if (_creationReply is { } creation && creation.Rid == rid)
        {
            WriteCreation(body, creation);
            _creationReply = null;
        }
        else if (_settings.SendAcks && _window.Last != rid)
        {
            // B-ACK-02: the highest rid without a gap below; equal to the answered one it is left out.
            body.Attribute("ack", _window.Last);
        }

        return body.Finish();
    }

    private void WriteCreation(BoshBodyWriter body, CreationReply creation)
    {
        body.Attribute("sid", creation.Sid);
        body.Attribute("wait", _negotiation.Wait);
        body.Attribute("requests", _negotiation.Requests);
        body.Attribute("hold", _negotiation.Hold);
        body.Attribute("ver", _negotiation.Version);
        body.Attribute("polling", _settings.Polling);
        body.Attribute("inactivity", UsualInactivity);
        if (_settings.MaxPause > TimeSpan.Zero) body.Attribute("maxpause", _settings.MaxPause);
        if (_settings.SendAcks) body.Attribute("ack", creation.Rid);
        body.Attribute("from", creation.Domain);
        body.Attribute("xmlns:xmpp", Ns.XBosh);
        body.Attribute("xmpp:version", "1.0");
        body.Attribute("xmpp:restartlogic", "true");
    }

    private BoshAnswer Answer(byte[] entity) => new(200, _negotiation.ContentType, entity);

    // B-ERR-02: the only use of type='error'. It is not cached, and it carries nothing that could be lost.
    private BoshAnswer Superseded()
    {
        var body = new BoshBodyWriter(_host, []);
        body.Attribute("type", "error");
        return Answer(body.Finish());
    }

    private BoshAnswer TerminateAnswer(BoshCondition condition, params IReadOnlyList<Stanza> children) =>
        BoshBodyWriter.Terminate(condition, _host, _negotiation.IsLegacy, _negotiation.ContentType, children);

    /// <summary>The answer that a client which acknowledges has missed, if it was sent long enough ago (B-ACK-07).</summary>
    /// <remarks>Not during negotiation, where the answer waits for the reply (B-HOLD-07); nor to a caller that has gone (B-RTX-06).</remarks>
    private CachedReply? ReportDue(ArrivedRequest request, DateTimeOffset now) =>
        _negotiation.ClientAcks && _phase == BoshPhase.Established && request.Ticket is not null
        && long.TryParse(request.Body.Ack, out var ack) && ack < _window.Last
        && _cache.Find(ack + 1) is { } missed && now - missed.SentAt >= ReportAfter
            ? missed
            : null;

    private void AnswerWithReport(ArrivedRequest request, CachedReply missed, DateTimeOffset now)
    {
        DeliverQueue(now);
        while (_held.Count > 0) AnswerLowest([], now);
        var stanzas = _queue.TakeBatch();
        var body = new BoshBodyWriter(_host, stanzas);
        body.Attribute("report", missed.Rid);
        body.Attribute("time", Math.Min((long)(now - missed.SentAt).TotalMilliseconds, ushort.MaxValue));
        var answer = Answer(body.Finish());
        _cache.Add(new(request.Body.Rid, answer, request.Body.Key, now));
        _effects.Add(new(request.Ticket!.Value, answer));
        _lastAnswerAt = now;
        if (stanzas.Count > 0) _rate.AnsweredWithPayload();
    }

    /// <summary>
    /// Ends the session at once. The request at fault gets the condition, the others <c>other-request</c> (B-TERM-04); without a request at
    /// fault all get the condition. Answers leave in rid order.
    /// </summary>
    private void End(
        BoshCondition condition,
        ArrivedRequest? offender,
        DateTimeOffset now,
        SessionEndCause cause = SessionEndCause.Violation,
        TimeSpan? grace = null)
    {
        var pending = new List<(long Rid, long Ticket, BoshCondition Condition)>();
        var others = offender is null ? condition : BoshCondition.OtherRequest;
        for (var i = 0; i < _held.Count; i++)
        {
            if (_held[i].Ticket is { } ticket) pending.Add((_held[i].Rid, ticket, others));
        }

        foreach (var parked in _window.Parked)
        {
            if (parked.Ticket is { } ticket) pending.Add((parked.Body.Rid, ticket, others));
        }

        if (offender?.Ticket is { } offending) pending.Add((offender.Body.Rid, offending, condition));
        foreach (var (_, ticket, told) in pending.OrderBy(request => request.Rid)) _effects.Add(new(ticket, TerminateAnswer(told)));
        _cache.Clear();
        // B-TERM-05: an end that found nobody is told to the next request.
        _pendingEnd = offender is null && pending.Count == 0 ? new(condition, null) : null;
        CloseStream(new(cause, condition), now, grace ?? _settings.EndGrace);
    }

    /// <summary>The client said terminate: the oldest request gets the terminate body, all others are empty (B-TERM-02).</summary>
    private void EndByClient(ArrivedRequest request, DateTimeOffset now)
    {
        _held.Add(Hold(request));
        _pendingEnd = new(BoshCondition.None, null);
        Finish(now, _settings.EndGrace, SessionEndCause.Client);
    }

    /// <summary>Tells the end to whoever waits: the oldest caller gets the terminate body. Repeats get the same for a while (B-RTX-07).</summary>
    private void Finish(DateTimeOffset now, TimeSpan grace, SessionEndCause cause = SessionEndCause.Server)
    {
        var end = _pendingEnd!;
        var isTold = false;
        while (_held.Count > 0)
        {
            var request = _held[0];
            _held.RemoveLowest();
            // Others are empty after a client's terminate; after the server's end each is told, or its client would poll on. With no
            // caller left the newest request learns it from the cache, when it comes again.
            var isSkipped = request.Ticket is null && (isTold || _held.Count > 0);
            var answer = isSkipped || (isTold && end.Condition == BoshCondition.None)
                ? Answer(Render(request.Rid, []))
                : TerminateAnswer(end.Condition, isTold || end.StreamError is null ? [] : [end.StreamError]);
            if (request.Ticket is { } ticket)
            {
                isTold = true;
                _effects.Add(new(ticket, answer));
            }

            _cache.Add(new(request.Rid, answer, request.Key, now));
        }

        foreach (var parked in _window.Parked)
        {
            // After a client's terminate it is the other request; the server's own reason is everybody's (B-TERM-04).
            var told = end.Condition == BoshCondition.None ? BoshCondition.OtherRequest : end.Condition;
            if (parked.Ticket is { } ticket) _effects.Add(new(ticket, TerminateAnswer(told)));
        }

        _pendingEnd = null;
        CloseStream(new(cause, end.Condition), now, grace);
    }

    private void CloseStream(SessionEnd end, DateTimeOffset now, TimeSpan grace)
    {
        Ended = end;
        _held.Clear();
        _window.Clear();
        _outbox.Add(new(OutboxKind.Close, _window.Last, int.MaxValue, Undelivered: _queue.TakeAll()));
        _phase = BoshPhase.Ended;
        _phaseDeadline = now + grace;
        _idleSince = null;
        IsOver = grace == TimeSpan.Zero;
    }

    private void AnswerAfterEnd(BoshBody body, long ticket)
    {
        if (_cache.Find(body.Rid) is { } cached && _keys.AcceptRepeat(cached.Key, body.Key))
        {
            _effects.Add(new(ticket, cached.Answer));
            return;
        }

        var untold = IsOver ? null : _pendingEnd;
        _effects.Add(new(ticket, TerminateAnswer(untold?.Condition ?? BoshCondition.ItemNotFound)));
        _pendingEnd = null;
    }
}
