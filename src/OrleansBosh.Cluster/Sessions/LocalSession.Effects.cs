using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>What follows from a step of the engine: answers leave, the timer is armed, the pump begins; and what follows when a step fails.</summary>
internal sealed partial class LocalSession
{
    /// <summary>The answer for this ticket, if the engine has one; else the call is held until it has.</summary>
    private ValueTask<BoshReply> AnswerOrHold(long ticket, CancellationToken clientGone)
    {
        _arriving = ticket;
        Act();
        _arriving = 0;
        if (_replyToArriving is { } reply)
        {
            _replyToArriving = null;
            return new(reply);
        }

        var call = new HeldCall(this, ticket) { Next = _waiting };
        _waiting = call;
        _services.Sessions.AddHeld(1);
        call.Watch(clientGone);
        return new(call.Task);
    }

    /// <summary>
    /// After every step of the engine: start what it wants done, let its answers leave, arm the timer. The one place where a new state can
    /// be copied elsewhere before anything of it is seen outside.
    /// </summary>
    private void Act()
    {
        if (!_isPumping && _session!.NextOutboxItem is not null) StartPump();
        // The pump may have failed within this turn; then all is said already.
        if (_session is null) return;
        // Before the client is told, so that whoever knows of an end finds it counted.
        if (_session.Ended is { } end) CountEnd(end);
        LetEffectsLeave();
        if (_session.IsOver && _session.NextOutboxItem is null)
        {
            Forget();
            LetGrainGo();
            return;
        }

        ArmTimer();
    }

    /// <summary>Once, however often the engine is asked after its end.</summary>
    private void CountEnd(SessionEnd end)
    {
        if (_isEndCounted) return;
        _isEndCounted = true;
        _services.Meter.SessionEnded(end);
    }

    private void LetEffectsLeave()
    {
        if (_session is null || _session.Effects.Count == 0) return;
        foreach (var effect in _session.TakeEffects())
        {
            var reply = effect.Answer is { } answer ? BoshReply.Of(answer) : BoshReply.Moved;
            // A caller that has gone in this very moment is not there any more; its answer is in the engine's cache.
            if (effect.Ticket == _arriving) _replyToArriving = reply;
            else TryAnswer(effect.Ticket, reply);
        }
    }

    private void AnswerAll(BoshReply reply)
    {
        while (_waiting is not null) TryAnswer(_waiting.Ticket, reply);
    }

    /// <returns>False when no call with this ticket is held.</returns>
    private bool TryAnswer(long ticket, BoshReply reply)
    {
        HeldCall? before = null;
        for (var call = _waiting; call is not null; before = call, call = call.Next)
        {
            if (call.Ticket != ticket) continue;
            if (before is null) _waiting = call.Next;
            else before.Next = call.Next;
            call.Unwatch();
            _services.Sessions.AddHeld(-1);
            _turns.Answer(call, reply);
            return true;
        }

        return false;
    }

    /// <summary>Sets the timer to the next tick.</summary>
    private void ArmTimer()
    {
        // What is on its way to the backend has a deadline of milliseconds, which mostly is over before it comes.
        if (_turns.GoesOn || _session!.NextTick is not { } next) return;
        var now = Now;
        // A timer that comes too early does no harm, but one that would come soon and for nothing is worth moving.
        if (next >= _timerDue && (next - _timerDue < Soon || _timerDue - now > Soon)) return;
        _timerDue = next;
        var due = next - now;
        if (due < TimeSpan.Zero) due = TimeSpan.Zero;
        if (_timer is not null)
        {
            _timer.Change(due, Timeout.InfiniteTimeSpan);
            return;
        }

        // It outlives the request in which it is made, and must not keep what belongs to that.
        using var flow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
        _timer = _services.Time.CreateTimer(static session => ((LocalSession)session!).OnTimer(), this, due, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        using var turn = _turns.Begin(TurnThread.Free);
        _timerDue = DateTimeOffset.MaxValue;
        if (_session is null || _isReleased) return;
        try
        {
            _session.Tick(Now);
            Act();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>The engine itself failed: nothing of this session can be trusted any more. Its callers are told, and its resource is given up.</summary>
    /// <returns>The reply to the call in which it failed.</returns>
    private BoshReply Fail(Exception exception)
    {
        LogSessionFailed(_services.Logger, exception);
        var reply = BoshReply.Of(BoshBodyWriter.Terminate(BoshCondition.InternalServerError));
        _arriving = 0;
        _replyToArriving = null;
        AnswerAll(reply);
        if (_session is not null) CountEnd(new(SessionEndCause.Server, BoshCondition.InternalServerError));
        Forget();
        _session = null;
        LetGrainGo();
        if (_stream is not null && !_isPumping) StartPump();
        return reply;
    }
}
