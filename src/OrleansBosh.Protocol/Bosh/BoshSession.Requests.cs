namespace OrleansBosh.Protocol.Bosh;

/// <summary>What a request does: a new one in rid order, and a repeat.</summary>
public sealed partial class BoshSession
{
    private const string Terminate = "terminate";

    /// <summary>gloox spells its terminate like this (B-TERM-06).</summary>
    private const string MisspeltTerminate = "terminal";

    /// <summary>A client that does not heed back-pressure loses its session at so many times the limit of the outbox.</summary>
    private const int MaxOutboxFactor = 4;

    private static bool IsTerminate(BoshBody body) => body.Type is Terminate or MisspeltTerminate;

    private bool IsPause(BoshBody body) => body.Pause is not null && !IsTerminate(body) && _settings.MaxPause > TimeSpan.Zero;

    // B-OVER-01, B-OVER-02: one more than `requests` may be open, if it is a pause or terminate request. It may have come before the
    // requests in front of it, so a parked one widens the bound too.
    private bool IsOverRequests(bool isExtra)
    {
        var waiting = _held.LiveCount;
        foreach (var request in _window.Parked)
        {
            if (request.Ticket is null) continue;
            waiting++;
            isExtra |= IsTerminate(request.Body) || IsPause(request.Body);
        }

        return waiting + 1 > _negotiation.Requests + (isExtra ? 1 : 0);
    }

    /// <summary>Takes the next request in rid order.</summary>
    private void Process(ArrivedRequest request, DateTimeOffset now)
    {
        var body = request.Body;
        _window.Advance();
        _idleSince = null;
        _pause = null;
        if (!_keys.Accept(body.Key, body.NewKey))
        {
            End(BoshCondition.ItemNotFound, request, now);
            return;
        }

        var isEmpty = body.Payloads.Count == 0 && !IsPause(body) && !IsTerminate(body) && !body.Restart;
        if (!_rate.Accept(request.ArrivedAt, isEmpty, _held.LiveCount + 1 >= _negotiation.Requests))
        {
            End(BoshCondition.PolicyViolation, request, now);
            return;
        }

        if (_phase == BoshPhase.Closing)
        {
            Acknowledge(body); // or what it has got would be handed back, should it not fetch the end
            // The stream is closed: nothing more is accepted, the request only fetches what is left and the reason.
            _held.Add(Hold(request));
            return;
        }

        if (!_isBound && body.Payloads.Any(stanza => stanza.Bytes.Length > _settings.MaxStanzaBytesBeforeLogin))
        {
            End(BoshCondition.PolicyViolation, request, now, SessionEndCause.StanzaBeforeLogin);
            return;
        }

        if (_outbox.Count + body.Payloads.Count > MaxOutboxFactor * _settings.MaxOutboxStanzas)
        {
            // Holding requests back stops who waits for answers, but not who breaks connections and goes on.
            End(BoshCondition.PolicyViolation, request, now);
            return;
        }

        Acknowledge(body);
        if (IsPause(body))
        {
            Pause(request, now);
            return;
        }

        Accept(body);
        if (_outbox.Count > 0) _collectUntil = now + _settings.ReplyCollection;
        if (IsTerminate(body)) EndByClient(request, now);
        else if (ReportDue(request, now) is { } report) AnswerWithReport(request, report, now);
        else _held.Add(Hold(request));
    }

    private HeldRequest Hold(ArrivedRequest request) =>
        new(request.Body.Rid, request.Ticket, request.ArrivedAt + HoldTime, request.Body.Key);

    // B-POLL-01: with a wait of zero the replies to a poll's own payload are collected all the same.
    private TimeSpan HoldTime =>
        _negotiation.HoldTime > _settings.ReplyCollection ? _negotiation.HoldTime : _settings.ReplyCollection;

    /// <summary>Puts the payload into the outbox; a restart stands for all of it (B-XMPP-06).</summary>
    private void Accept(BoshBody body)
    {
        if (body.Restart)
        {
            _outbox.Add(new(OutboxKind.Restart, body.Rid, 0, Lang: body.Lang));
            return;
        }

        for (var i = 0; i < body.Payloads.Count; i++) _outbox.Add(new(OutboxKind.Stanza, body.Rid, i, body.Payloads[i]));
    }

    private void Acknowledge(BoshBody body)
    {
        if (!_negotiation.ClientAcks) return;
        // B-ACK-05, B-ACK-08: absence acknowledges all below; nonsense acknowledges nothing.
        if (body.Ack is null) _cache.Acknowledge(body.Rid - 1);
        else if (long.TryParse(body.Ack, out var ack) && ack < body.Rid) _cache.Acknowledge(ack);
    }

    private void Pause(ArrivedRequest request, DateTimeOffset now)
    {
        if (!BoshNegotiation.TryReadNumber(request.Body.Pause, 0, out var seconds))
        {
            End(BoshCondition.BadRequest, request, now);
            return;
        }

        if (seconds > _settings.MaxPause.TotalSeconds)
        {
            End(BoshCondition.PolicyViolation, request, now);
            return;
        }

        Accept(request.Body);
        while (_held.Count > 0) AnswerLowest([], now);
        // B-PAUSE-06: its answer takes no place in the cache; a repeat of it is answered anew.
        if (request.Ticket is { } ticket) _effects.Add(new(ticket, Answer(Render(request.Body.Rid, []))));
        _lastAnswerAt = now;
        _pause = new(TimeSpan.FromSeconds(seconds), request.Body.Key);
    }

    /// <summary>A rid that was processed before: it is held, cached, or not known any more (XEP-0124 §14.3).</summary>
    private void Repeat(BoshBody body, long ticket, DateTimeOffset now)
    {
        if (_held.Find(body.Rid) is { } held)
        {
            if (!MayRepeat(held.Key, body, ++held.Repeats, ticket, now)) return;
            // B-RTX-04: the older connection is told, the newer one inherits the place.
            if (held.Ticket is { } older) _effects.Add(new(older, Superseded()));
            held.Ticket = ticket;
            // The creation request has no wait: it is answered when the backend has answered (B-CRE-01).
            if (held.Rid != _creationReply?.Rid) held.Deadline = now + HoldTime;
        }
        else if (_cache.Find(body.Rid) is { } cached)
        {
            if (!MayRepeat(cached.Key, body, ++cached.Repeats, ticket, now)) return;
            _effects.Add(new(ticket, cached.Answer));
            cached.SentAt = now;
            // Who asks for it again did not have it, whatever else has come since.
            cached.HighestReceived = HighestReceived;
            _lastAnswerAt = now;
        }
        else if (body.Rid == _window.Last && _pause is { } pause)
        {
            _pause = pause with { Repeats = pause.Repeats + 1 };
            if (!MayRepeat(pause.Key, body, _pause.Repeats, ticket, now)) return;
            _effects.Add(new(ticket, Answer(Render(body.Rid, []))));
        }
        else
        {
            End(BoshCondition.ItemNotFound, new(body, ticket, now), now);
            return;
        }

        _idleSince = null;
    }

    private void RepeatParked(BoshBody body, long ticket, DateTimeOffset now)
    {
        var parked = _window.FindParked(body.Rid);
        if (!MayRepeat(parked.Body.Key, body, ++parked.Repeats, ticket, now)) return;
        if (parked.Ticket is { } older) _effects.Add(new(older, Superseded()));
        parked.Ticket = ticket;
        _idleSince = null;
    }

    private bool MayRepeat(string? originalKey, BoshBody body, int repeats, long ticket, DateTimeOffset now)
    {
        if (_keys.AcceptRepeat(originalKey, body.Key) && repeats <= _settings.MaxRepeats) return true;
        var condition = repeats > _settings.MaxRepeats ? BoshCondition.PolicyViolation : BoshCondition.ItemNotFound;
        End(condition, new(body, ticket, now), now);
        return false;
    }
}
