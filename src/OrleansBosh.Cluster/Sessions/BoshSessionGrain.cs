using System.Net;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>
/// The owner of one BOSH session. The engine decides, this grain acts: it gives every waiting call a ticket, lets the engine's effects
/// leave, carries accepted stanzas to the backend one at a time, and ticks the engine.
/// </summary>
/// <remarks>
/// It interleaves: no method awaits another grain, so each runs to its end, or to its own held request, within one turn. Only the pump
/// awaits others, and nothing but a shutdown awaits the pump. That is what keeps two users who write to each other from waiting for each
/// other. It is never collected as idle, because a client may pause for longer than that; it goes when its session is over.
/// </remarks>
[Reentrant, PreferLocalPlacement, KeepAlive, GrainType("bosh-session")]
internal sealed partial class BoshSessionGrain : Grain, IBoshSessionGrain, IClientSessionGrain, IXmppClient
{
    /// <summary>P-NEG-06: a client between two polls is still there; one that has been away for longer may be replaced.</summary>
    private static readonly TimeSpan LivenessGrace = TimeSpan.FromSeconds(5);

    private readonly IXmppBackend _backend;
    private readonly BoshNodeSettings _settings;
    private readonly LocalSessions _localSessions;
    private readonly SessionCounts _counts;
    private readonly BoshMeter _meter;
    private readonly TimeProvider _time;
    private readonly ILogger<BoshSessionGrain> _logger;
    private readonly Dictionary<long, TaskCompletionSource<BoshReply>> _waiting = [];

    private BoshSession? _session;
    private IXmppStream? _stream;
    private XmppStreamOpen? _open;
    private long _lastTicket;
    private bool _isPumping;
    private bool _isEndCounted;
    private Task _pump = Task.CompletedTask;
    private IGrainTimer? _timer;
    private DateTimeOffset _timerDue = DateTimeOffset.MaxValue;

    public BoshSessionGrain(
        IXmppBackend backend,
        BoshNodeSettings settings,
        LocalSessions localSessions,
        SessionCounts counts,
        BoshMeter meter,
        TimeProvider time,
        ILogger<BoshSessionGrain> logger)
    {
        _backend = backend;
        _settings = settings;
        _localSessions = localSessions;
        _counts = counts;
        _meter = meter;
        _time = time;
        _logger = logger;
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    public ValueTask<BoshReply> Create(BoshCreation creation, CancellationToken clientGone)
    {
        // A call that was repeated after a broken connection between silos may find the session open: the first one has its answer.
        if (_session is not null) return new(BoshReply.Refused);
        if (creation.Body.Payloads.Any(stanza => stanza.Bytes.Length > _settings.Session.MaxStanzaBytesBeforeLogin))
        {
            _meter.LimitHit(BoshLimit.StanzaBytesBeforeLogin);
            return Refuse(BoshCondition.PolicyViolation);
        }

        var ticket = ++_lastTicket;
        var host = _settings.SendNodeHostname ? _settings.PublicHost ?? creation.RequestHost : null;
        var address = IPAddress.TryParse(creation.ClientAddress, out var parsed) ? parsed : IPAddress.None;
        if (!_counts.TryAdd(this.GetPrimaryKey(), address, out var limit))
        {
            _meter.LimitHit(limit);
            return Refuse(BoshCondition.PolicyViolation);
        }

        if (!_localSessions.TryAdd(this.GetPrimaryKey(), this.AsReference<IBoshSessionGrain>())) return Refuse(BoshCondition.SystemShutdown);
        _session = BoshSession.Create(creation.Body, creation.Sid, creation.Domain, host, _settings.Session, ticket, Now);
        if (_session is null) return Refuse(BoshCondition.BadRequest);
        _meter.SessionOpened();
        _meter.RequestArrived(BoshRequestKind.Creation);
        _open = new(this.GetPrimaryKey(), creation.Domain, creation.Body.Lang, creation.IsEncrypted, creation.IsLoopback, creation.ClientAddress);
        return AnswerOrHold(ticket, clientGone);

        ValueTask<BoshReply> Refuse(BoshCondition condition)
        {
            Forget();
            DeactivateOnIdle();
            _meter.RequestRefused(condition);
            return new(BoshReply.Of(BoshBodyWriter.Terminate(condition, isLegacy: creation.Body.IsLegacy)));
        }
    }

    public ValueTask<BoshReply> Receive(BoshRequest request, CancellationToken clientGone)
    {
        if (_session is null)
        {
            // An authentic sid of a session that is gone brought this activation to life; it goes again at once.
            DeactivateOnIdle();
            return new(BoshReply.Gone);
        }

        if (_open!.IsEncrypted && !request.IsEncrypted)
        {
            _meter.RequestRefused(BoshCondition.None);
            return new(BoshReply.Refused);
        }

        var ticket = ++_lastTicket;
        _meter.RequestArrived(BoshRequestKinds.KindOf(request.Body));
        _session.Receive(request.Body, ticket, Now);
        return AnswerOrHold(ticket, clientGone);
    }

    public ValueTask<int?> Deliver(Stanza[] stanzas)
    {
        if (_session is null or { IsEnding: true })
        {
            if (_session is null) DeactivateOnIdle();
            return new((int?)null);
        }

        var taken = 0;
        for (; taken < stanzas.Length && _session.CanSend(stanzas[taken]); taken++) _session.Send(stanzas[taken]);
        if (taken < stanzas.Length) _meter.LimitHit(BoshLimit.ClientQueue);
        _session.Flush(Now);
        Act();
        return new(taken);
    }

    public ValueTask<bool> IsLive()
    {
        if (_session is null) DeactivateOnIdle();
        return new(_session?.IsLive(LivenessGrace, Now) == true);
    }

    public ValueTask CloseWith(string streamErrorCondition)
    {
        if (_session is null) DeactivateOnIdle();
        else EndStream(BoshCondition.RemoteStreamError, new StreamError(streamErrorCondition));
        return default;
    }

    public async ValueTask ShutDown()
    {
        if (_session is null)
        {
            DeactivateOnIdle();
            return;
        }

        _session.ShutDown(Now);
        Act();
        // What no client has seen is being stored or bounced; the silo must not stop before that is done.
        await _pump;
    }

    void IXmppClient.Send(Stanza stanza)
    {
        _session!.Send(stanza);
        // What the pump's own calls bring is flushed by the pump, so that replies to one request leave together.
        if (_isPumping) return;
        _session.Flush(Now);
        Act();
    }

    void IXmppClient.Bound(Jid jid) => _session!.Bound();

    void IXmppClient.Close(StreamError? error) => EndStream(error is null ? BoshCondition.None : BoshCondition.RemoteStreamError, error);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Forget();
        _session?.ReleaseAll(Now);
        LetEffectsLeave();
        return _stream?.ReleaseAsync() ?? Task.CompletedTask;
    }

    /// <summary>The session is over, or was never opened; it counts nowhere any more.</summary>
    private void Forget()
    {
        _localSessions.Remove(this.GetPrimaryKey());
        _counts.Remove(this.GetPrimaryKey());
    }

    private void EndStream(BoshCondition condition, StreamError? error)
    {
        _session!.Close(condition, error?.ToStanza(), Now);
        Act();
    }

    /// <summary>The answer for this ticket, if the engine has one; else the call is held until it has.</summary>
    private ValueTask<BoshReply> AnswerOrHold(long ticket, CancellationToken clientGone)
    {
        // The pump may complete within this turn and bring the answer, so the ticket is registered before anything acts.
        var waiting = new TaskCompletionSource<BoshReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(ticket, waiting);
        Act();
        return waiting.Task.IsCompletedSuccessfully ? new(waiting.Task.Result) : HoldAsync(ticket, waiting, clientGone);
    }

    private async ValueTask<BoshReply> HoldAsync(long ticket, TaskCompletionSource<BoshReply> waiting, CancellationToken clientGone)
    {
        // The token fires on another thread; it only completes the task, and the continuation below runs in a turn of this grain.
        await using var registration = clientGone.UnsafeRegister(
            static state => ((TaskCompletionSource<BoshReply>)state!).TrySetResult(BoshReply.ClientGone), waiting);
        _localSessions.AddHeld(1);
        var reply = await waiting.Task;
        _localSessions.AddHeld(-1);
        if (reply.Kind == BoshReplyKind.ClientGone && _session is not null)
        {
            _waiting.Remove(ticket);
            _session.Abandon(ticket, Now);
            Act();
        }

        return reply;
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
            DeactivateOnIdle();
            return;
        }

        ArmTimer();
    }

    /// <summary>Once, however often the engine is asked after its end.</summary>
    private void CountEnd(SessionEnd end)
    {
        if (_isEndCounted) return;
        _isEndCounted = true;
        _meter.SessionEnded(end);
    }

    private void LetEffectsLeave()
    {
        if (_session is null || _session.Effects.Count == 0) return;
        foreach (var effect in _session.TakeEffects())
        {
            // A caller that has gone in this very moment has no entry any more; its answer is in the engine's cache.
            if (_waiting.Remove(effect.Ticket, out var waiting))
            {
                waiting.TrySetResult(effect.Answer is { } answer ? BoshReply.Of(answer) : BoshReply.Moved);
            }
        }
    }

    private void ArmTimer()
    {
        if (_session!.NextTick is not { } next || next >= _timerDue) return;
        _timerDue = next;
        var due = next - Now;
        if (due < TimeSpan.Zero) due = TimeSpan.Zero;
        if (_timer is null)
        {
            // KeepAlive: a session whose client is quiet must not be collected as idle.
            _timer = this.RegisterGrainTimer(
                static (grain, _) => grain.OnTimer(),
                this,
                new GrainTimerCreationOptions(due, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        }
        else
        {
            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    private Task OnTimer()
    {
        _timerDue = DateTimeOffset.MaxValue;
        if (_session is null) return Task.CompletedTask;
        _session.Tick(Now);
        Act();
        return Task.CompletedTask;
    }
}
