namespace OrleansBosh.Protocol.Bosh;

/// <summary>What is due when, and what happens then.</summary>
public sealed partial class BoshSession
{
    /// <summary>How long a gap may stay open beyond <c>wait</c>, at the most: the calls of the requests behind it are held for so long.</summary>
    public static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(60);

    /// <summary>When <see cref="Tick"/> must be called at the latest, in the past if at once; null when nothing is due.</summary>
    public DateTimeOffset? NextTick
    {
        get
        {
            if (IsOver) return null;
            var next = _phaseDeadline;
            Consider(ref next, _held.NextDeadline);
            Consider(ref next, IdleDeadline);
            if (IsClockUnset) Consider(ref next, DateTimeOffset.MinValue);
            Consider(ref next, GapDeadline);
            if (IsReleaseDelayed) Consider(ref next, _collectUntil);
            if (_queue.Count > 0 && _held.HasLive) Consider(ref next, OvertakingUntil);
            return next;

            static void Consider(ref DateTimeOffset? next, DateTimeOffset? candidate)
            {
                if (candidate is not null && (next is null || candidate < next)) next = candidate;
            }
        }
    }

    /// <summary>Time passes. Harmless when called early.</summary>
    public void Tick(DateTimeOffset now)
    {
        if (_phase != BoshPhase.Ended)
        {
            if (_phaseDeadline <= now) EndPhase(now);
            else if (IdleDeadline <= now) End(BoshCondition.ItemNotFound, null, now, SessionEndCause.Inactivity, grace: TimeSpan.Zero);
            else if (GapDeadline <= now) End(BoshCondition.ItemNotFound, null, now, SessionEndCause.Gap);
        }

        if (_phase == BoshPhase.Ended)
        {
            IsOver |= _phaseDeadline <= now;
            return;
        }

        if (_held.HighestExpired(now) is { } expired)
        {
            DeliverQueue(now);
            while (_held.Count > 0 && _held[0].Rid <= expired) AnswerLowest([], now);
        }

        Settle(now);
    }

    /// <summary>At <see cref="_collectUntil"/> something will be answered that waits for replies now.</summary>
    private bool IsReleaseDelayed =>
        _outbox.Count > 0
        && _outbox.Count <= _settings.MaxOutboxStanzas
        && (_phase == BoshPhase.Creating ? _queue.Count > 0 && _held.HasLive : !IsEnding && _held.Count > _negotiation.EffectiveHold);

    private bool HasWaitingCaller
    {
        get
        {
            if (_held.HasLive) return true;
            foreach (var request in _window.Parked)
            {
                if (request.Ticket is not null) return true;
            }

            return false;
        }
    }

    // A session that was captured with callers is restored without them: only a tick can start the inactivity clock, and without one it
    // would live for ever.
    private bool IsClockUnset => !IsEnding && _phase != BoshPhase.Creating && _idleSince is null && !HasWaitingCaller;

    private DateTimeOffset? IdleDeadline =>
        _phase is BoshPhase.Negotiating or BoshPhase.Established && _idleSince is { } since
            ? since + (_pause is { Length.Ticks: > 0 } pause ? pause.Length : UsualInactivity)
            : null;

    private TimeSpan UsualInactivity => _negotiation.IsPolling ? _settings.PollingInactivity : _settings.Inactivity;

    // B-RID-09: later than Strophe's retransmission at 1.1 × wait, since the inactivity timer does not run behind a gap.
    private DateTimeOffset? GapDeadline =>
        !IsEnding && _window.Parked.Count > 0
            ? _window.Parked[0].ArrivedAt + _negotiation.Wait + (_settings.Inactivity < LongestGap ? _settings.Inactivity : LongestGap)
            : null;

    private void EndPhase(DateTimeOffset now)
    {
        switch (_phase)
        {
            case BoshPhase.Creating:
                Close(BoshCondition.RemoteConnectionFailed, null, now);
                break;
            case BoshPhase.Negotiating:
                End(BoshCondition.PolicyViolation, null, now, SessionEndCause.Negotiation);
                break;
            default:
                // Nobody has come to fetch the end: the client is as silent as one that is found inactive.
                Finish(now, grace: TimeSpan.Zero, SessionEndCause.Inactivity);
                break;
        }
    }
}
