using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>How requests are answered.</summary>
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

        if (_phase == BoshPhase.Closing && _queue.Count == 0 && _held.HasLive) Finish(now, _settings.EndGrace);
        if (ReleaseSurplus(now) && _queue.Count > 0)
        {
            // What would have overtaken on a request that has just been released may go out on the next.
            Settle(now);
            return;
        }

        if (HasWaitingCaller) _idleSince = null;
        else _idleSince ??= now;
    }

    /// <summary>Whether something waits that could leave; after every call, it must not.</summary>
    internal bool OwesPayload(DateTimeOffset now) =>
        _phase is not (BoshPhase.Creating or BoshPhase.Ended) && _queue.Count > 0 && _held.HasLive && !(now < OvertakingUntil);

    /// <returns>Whether there was a surplus.</returns>
    private bool ReleaseSurplus(DateTimeOffset now)
    {
        var before = _held.Count;
        if (_phase is not (BoshPhase.Creating or BoshPhase.Closing) && !IsCollecting(now))
        {
            while (_held.Count > _negotiation.EffectiveHold) AnswerLowest([], now);
        }

        // Nobody waits for these, so nothing is gained by collecting; a client that breaks each connection could pile them up.
        while (_held.Count > _negotiation.Requests && _held[0].Ticket is null) AnswerLowest([], now);
        return _held.Count < before;
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
        _cache.Add(new(request.Rid, answer, request.Key, now, stanzas, HighestReceived));
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
        _cache.Add(new(request.Body.Rid, answer, request.Body.Key, now, stanzas, HighestReceived));
        _effects.Add(new(request.Ticket!.Value, answer));
        _lastAnswerAt = now;
        if (stanzas.Count == 0) return;
        _lastPayload = (request.Body.Rid, HighestReceived, now);
        _rate.AnsweredWithPayload();
    }
}
