using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>On whose thread a turn runs.</summary>
internal enum TurnThread
{
    /// <summary>Nobody's: a front end's, a timer's or a continuation's. What follows from the turn may run here, too.</summary>
    Free,

    /// <summary>A turn of the session's own grain, which other front ends and grains call.</summary>
    OwnGrain,

    /// <summary>A turn of another grain of this silo. Calls that are made here would be made in its name.</summary>
    OtherGrain,
}

/// <summary>
/// One session's turns: whoever has something for it runs it at once, on the own thread, one at a time. A turn never waits for anything but
/// another turn of the session, so it is short. What is awaited in a turn goes on in a later turn.
/// </summary>
/// <remarks>
/// A grain's turns would do the same with a hand-over from thread to thread on the way in and another on the way out. At low load, which is
/// the usual one, these cost several times what all the rest of a request costs.
/// </remarks>
/// <param name="returned">What is done at the end of a turn that has gone on from <see cref="Outside"/>.</param>
internal sealed class SessionTurns(Action returned) : SynchronizationContext
{
    private readonly Lock _gate = new();
    private SynchronizationContext? _outer;
    private TurnThread _thread;
    private int _depth;
    private HeldCall? _firstAnswered;
    private HeldCall? _lastAnswered;
    private Excursion? _excursion;

    /// <summary>Of the session in whose turn this thread is; null in none.</summary>
    public static new SessionTurns? Current => SynchronizationContext.Current as SessionTurns;

    /// <summary>Whether the turn runs in the name of another grain.</summary>
    public bool IsInOtherGrain => _thread == TurnThread.OtherGrain;

    /// <summary>Something will be done <see cref="Outside"/> when the turn ends, and then it goes on.</summary>
    public bool GoesOn => _excursion is not null;

    /// <summary>Begins a turn, and waits for the one that runs on another thread. Must be disposed of before anything is awaited.</summary>
    public Turn Begin(TurnThread thread)
    {
        _gate.Enter();
        if (_depth++ == 0)
        {
            _thread = thread;
            _outer = SynchronizationContext.Current;
            SetSynchronizationContext(this);
        }

        return new(this);
    }

    /// <summary>The caller gets its reply when the turn has ended, in the order of these calls, so that what it does with it holds up nobody.</summary>
    public void Answer(HeldCall call, BoshReply reply)
    {
        call.Reply = reply;
        call.Next = null;
        if (_lastAnswered is null) _firstAnswered = call;
        else _lastAnswered.Next = call;
        _lastAnswered = call;
    }

    /// <summary>
    /// Awaited in a turn: does the work when the turn has ended, in none, and goes on in the next. So the work may enter another session.
    /// It runs on this thread unless that is a grain's, and must not await anything. One at a time: only the pump does it.
    /// </summary>
    public Excursion Outside(Func<bool> work) => new(this, work);

    /// <summary>Something that was awaited in a turn has come: it goes on in a turn of its own. There is no order among several.</summary>
    public override void Post(SendOrPostCallback d, object? state) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static work =>
            {
                using var turn = work.Turns.Begin(TurnThread.Free);
                work.Continue(work.State);
            },
            (Turns: this, Continue: d, State: state),
            preferLocal: true);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nobody waits for a session's turn.");

    private void End()
    {
        if (_depth > 1)
        {
            _depth--;
            _gate.Exit();
            return;
        }

        var thread = _thread;
        var rest = Exit();
        if (rest is (null, null)) return;
        // Inline, an answer is on its way before this thread does anything else, and before the next one. A front end may go on with what its
        // client has sent since, one connection's worth of it. A grain's thread must not get lost in there.
        if (thread == TurnThread.Free && RuntimeHelpers.TryEnsureSufficientExecutionStack()) Follow(rest);
        else ThreadPool.UnsafeQueueUserWorkItem(Follow, rest, preferLocal: true);
    }

    /// <summary>Ends the outermost turn.</summary>
    /// <returns>What is to be done outside of it.</returns>
    private (HeldCall? Answered, Excursion? Excursion) Exit()
    {
        var rest = (_firstAnswered, _excursion);
        _firstAnswered = null;
        _lastAnswered = null;
        _excursion = null;
        SetSynchronizationContext(_outer);
        _outer = null;
        _depth = 0;
        _gate.Exit();
        return rest;
    }

    private void Follow((HeldCall? Answered, Excursion? Excursion) rest)
    {
        while (true)
        {
            if (rest.Answered is not null) HeldCall.CompleteAll(rest.Answered);
            if (rest.Excursion is not { } excursion) return;
            excursion.Work();
            _ = Begin(TurnThread.Free);
            try
            {
                excursion.GoOn();
                // It has come back, and what it began goes on elsewhere.
                if (!GoesOn) returned();
            }
            finally
            {
                rest = Exit();
            }
        }
    }

    /// <summary>See <see cref="Outside"/>.</summary>
    internal sealed class Excursion(SessionTurns turns, Func<bool> work) : ICriticalNotifyCompletion
    {
        private Action? _goOn;
        private bool _result;
        private ExceptionDispatchInfo? _failure;

        public bool IsCompleted => false;

        public Excursion GetAwaiter() => this;

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            _goOn = continuation;
            turns._excursion = this;
        }

        public bool GetResult()
        {
            _failure?.Throw();
            return _result;
        }

        internal void Work()
        {
            try
            {
                _result = work();
            }
            catch (Exception exception)
            {
                _failure = ExceptionDispatchInfo.Capture(exception);
            }
        }

        internal void GoOn() => _goOn!();
    }

    /// <summary>A turn, until it is disposed of.</summary>
    internal readonly ref struct Turn(SessionTurns turns)
    {
        public void Dispose() => turns.End();
    }
}
