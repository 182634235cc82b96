using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>How the session ends, who is told, and what is handed back.</summary>
public sealed partial class BoshSession
{
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
        // Behind a gap a dead connection looks like a caller that waits.
        IReadOnlyList<Stanza> unseen = cause is SessionEndCause.Inactivity or SessionEndCause.Gap ? TakeUnseen() : [];
        _cache.Clear();
        // B-TERM-05: an end that found nobody is told to the next request.
        _pendingEnd = offender is null && pending.Count == 0 ? new(condition, null) : null;
        CloseStream(new(cause, condition), now, grace ?? _settings.EndGrace, unseen);
    }

    /// <summary>
    /// B-INACT-04: stanzas of the last answers, when nothing shows that the client has got them. A client that holds requests comes again
    /// at once after an answer; if it never does, the connection was most likely dead when the answer was written to it. One that polls
    /// would have stayed away for a while in any case, so its silence says nothing, and what it was given counts as delivered.
    /// </summary>
    private Stanza[] TakeUnseen()
    {
        if (_negotiation.IsPolling) return [];
        foreach (var parked in _window.Parked) Acknowledge(parked.Body);
        var highest = HighestReceived;
        // What a client that acknowledges has got is not in the cache any more.
        return
        [
            .. _cache.Replies
                .Where(reply => _negotiation.ClientAcks || reply.HighestReceived >= highest)
                .SelectMany(reply => reply.Stanzas)
                .Where(stanza => stanza.Kind != StanzaKind.Other),
        ];
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
        IReadOnlyList<Stanza> unseen = cause == SessionEndCause.Inactivity ? TakeUnseen() : [];
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

            _cache.Add(new(request.Rid, answer, request.Key, now, [], HighestReceived));
        }

        foreach (var parked in _window.Parked)
        {
            // After a client's terminate it is the other request; the server's own reason is everybody's (B-TERM-04).
            var told = end.Condition == BoshCondition.None ? BoshCondition.OtherRequest : end.Condition;
            if (parked.Ticket is { } ticket) _effects.Add(new(ticket, TerminateAnswer(told)));
        }

        _pendingEnd = null;
        CloseStream(new(cause, end.Condition), now, grace, unseen);
    }

    private void CloseStream(SessionEnd end, DateTimeOffset now, TimeSpan grace, IReadOnlyList<Stanza> unseen)
    {
        Ended = end;
        _held.Clear();
        _window.Clear();
        _outbox.Add(new(OutboxKind.Close, _window.Last, int.MaxValue, Undelivered: [.. unseen, .. _queue.TakeAll()]));
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

    private BoshAnswer TerminateAnswer(BoshCondition condition, params IReadOnlyList<Stanza> children) =>
        BoshBodyWriter.Terminate(condition, _host, _negotiation.IsLegacy, _negotiation.ContentType, children);
}
