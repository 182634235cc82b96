using System.Net;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>
/// One BOSH session at its owner. The engine decides, this class acts: it gives every waiting call a ticket, lets the engine's effects
/// leave, carries accepted stanzas to the backend one at a time, and ticks the engine. Everything happens in <see cref="SessionTurns"/>.
/// </summary>
/// <remarks>
/// Calls come from any thread: from the front end of this silo directly, from elsewhere through the <see cref="BoshSessionGrain"/>. None of
/// them awaits another grain, so each runs to its end, or to its own held request, within one turn. Only the pump awaits others, and nothing
/// but a shutdown awaits the pump.
/// </remarks>
internal sealed partial class LocalSession : IXmppClient
{
    /// <summary>P-NEG-06: a client between two polls is still there; one that has been away for longer may be replaced.</summary>
    private static readonly TimeSpan LivenessGrace = TimeSpan.FromSeconds(5);

    /// <summary>In which a timer that fires in vain costs more than to set it anew; in a minute it does not.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly SessionServices _services;
    private readonly Guid _id;
    private readonly IGrainContext _grain;
    private readonly SessionTurns _turns;

    private BoshSession? _session;
    private IXmppStream? _stream;
    private XmppStreamOpen? _open;
    private HeldCall? _waiting;
    private long _lastTicket;
    private long _arriving;
    private BoshReply? _replyToArriving;
    private bool _isPumping;
    private bool _isEndCounted;
    private bool _isReleased;
    private Task _pump = Task.CompletedTask;
    private ITimer? _timer;
    private DateTimeOffset _timerDue = DateTimeOffset.MaxValue;

    /// <param name="services">Of the silo.</param>
    /// <param name="id">The key of its grain.</param>
    /// <param name="grain">Its grain, which is let go when the session is over.</param>
    public LocalSession(SessionServices services, Guid id, IGrainContext grain)
    {
        _services = services;
        _id = id;
        _grain = grain;
        _turns = new(OnReturned);
    }

    public Guid Id => _id;

    /// <summary>What its client calls it; null until it is open.</summary>
    public string? Sid { get; private set; }

    private DateTimeOffset Now => _services.Time.GetUtcNow();

    /// <summary>Whether there is a session, opened and not yet over.</summary>
    public bool IsOpen => _session is { IsOver: false };

    /// <summary>Opens the session and answers its creation request.</summary>
    public ValueTask<BoshReply> Create(BoshCreation creation, CancellationToken clientGone)
    {
        using var turn = _turns.Begin(TurnThread.OwnGrain);
        try
        {
            return Open(creation, clientGone);
        }
        catch (Exception exception)
        {
            return new(Fail(exception));
        }
    }

    /// <summary>Answers a request, possibly after holding it.</summary>
    public ValueTask<BoshReply> Receive(BoshRequest request, TurnThread thread, CancellationToken clientGone)
    {
        using var turn = _turns.Begin(thread);
        if (IsGone()) return new(BoshReply.Gone); // an authentic sid of a session that is gone brought this activation to life
        if (_isReleased) return new(BoshReply.Moved);
        if (_open!.IsEncrypted && !request.IsEncrypted)
        {
            _services.Meter.RequestRefused(BoshCondition.None);
            return new(BoshReply.Refused);
        }

        try
        {
            var ticket = ++_lastTicket;
            _services.Meter.RequestArrived(BoshRequestKinds.KindOf(request.Body));
            _session!.Receive(request.Body, ticket, Now);
            return AnswerOrHold(ticket, clientGone);
        }
        catch (Exception exception)
        {
            return new(Fail(exception));
        }
    }

    /// <inheritdoc cref="IClientSessionGrain.Deliver"/>
    public int? Deliver(ReadOnlySpan<Stanza> stanzas, TurnThread thread)
    {
        using var turn = _turns.Begin(thread);
        if (_isReleased || IsGone() || _session!.IsClosed) return null;
        // Its account does not know yet. What waits there must not get ahead of what the session itself gives back.
        if (_session.IsEnding) return 0;
        try
        {
            var taken = 0;
            for (; taken < stanzas.Length && _session.CanSend(stanzas[taken]); taken++) _session.Send(stanzas[taken]);
            if (taken < stanzas.Length) _services.Meter.LimitHit(BoshLimit.ClientQueue);
            _session.Flush(Now);
            Act();
            return taken;
        }
        catch (Exception exception)
        {
            Fail(exception);
            return null;
        }
    }

    /// <inheritdoc cref="IClientSessionGrain.IsLive"/>
    public bool IsLive()
    {
        using var turn = _turns.Begin(TurnThread.OwnGrain);
        return !IsGone() && _session!.IsLive(LivenessGrace, Now);
    }

    /// <inheritdoc cref="IClientSessionGrain.CloseWith"/>
    public void CloseWith(string streamErrorCondition)
    {
        using var turn = _turns.Begin(TurnThread.OwnGrain);
        if (IsGone()) return;
        try
        {
            EndStream(BoshCondition.RemoteStreamError, new StreamError(streamErrorCondition));
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>Ends the session because its node stops (B-COND-12).</summary>
    /// <returns>Completes when what no client has seen is stored or bounced.</returns>
    public Task ShutDownAsync()
    {
        using var turn = _turns.Begin(TurnThread.Free);
        if (_session is null) return _pump;
        try
        {
            _session.ShutDown(Now);
            Act();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        return _pump;
    }

    /// <summary>The session leaves this silo: who waits is told to call again. See <see cref="IXmppStream.ReleaseAsync"/>.</summary>
    /// <param name="cancellation">Ends the wait for a step of the backend that is under way.</param>
    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        using (_turns.Begin(TurnThread.OwnGrain))
        {
            _isReleased = true;
            Forget();
            _session?.ReleaseAll(Now);
            LetEffectsLeave();
            AnswerAll(BoshReply.Moved);
        }

        await _pump.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_stream is not null) await _stream.ReleaseAsync();
    }

    /// <summary>The connection of this call's client has broken; the request keeps its place.</summary>
    internal void Abandon(long ticket)
    {
        // Whoever tells it wants nothing but that.
        using var turn = _turns.Begin(TurnThread.OwnGrain);
        // It may have been answered in this very moment; the answer is in the engine's cache.
        if (!TryAnswer(ticket, BoshReply.ClientGone) || _session is null) return;
        try
        {
            _session.Abandon(ticket, Now);
            Act();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    // The backend calls in a turn; a turn within that costs little, and who forgets it does no harm.
    void IXmppClient.Send(Stanza stanza)
    {
        using var turn = _turns.Begin(TurnThread.Free);
        if (_session is null) return;
        _session.Send(stanza);
        // What the pump's own calls bring is flushed by the pump, so that replies to one request leave together.
        if (_isPumping) return;
        _session.Flush(Now);
        Act();
    }

    void IXmppClient.Bound(Jid jid)
    {
        using var turn = _turns.Begin(TurnThread.Free);
        _session?.Bound();
    }

    void IXmppClient.Close(StreamError? error)
    {
        using var turn = _turns.Begin(TurnThread.Free);
        if (_session is not null) EndStream(error is null ? BoshCondition.None : BoshCondition.RemoteStreamError, error);
    }

    private ValueTask<BoshReply> Open(BoshCreation creation, CancellationToken clientGone)
    {
        // A call that was repeated after a broken connection between silos may find the session open: the first one has its answer.
        if (_session is not null) return new(BoshReply.Refused);
        if (creation.Body.Payloads.Any(stanza => stanza.Bytes.Length > _services.Settings.Session.MaxStanzaBytesBeforeLogin))
        {
            _services.Meter.LimitHit(BoshLimit.StanzaBytesBeforeLogin);
            return Refuse(BoshCondition.PolicyViolation);
        }

        Sid = creation.Sid;
        var ticket = ++_lastTicket;
        var host = _services.Settings.SendNodeHostname ? _services.Settings.PublicHost ?? creation.RequestHost : null;
        var address = IPAddress.TryParse(creation.ClientAddress, out var parsed) ? parsed : IPAddress.None;
        if (!_services.Counts.TryAdd(_id, address, out var limit))
        {
            _services.Meter.LimitHit(limit);
            return Refuse(BoshCondition.PolicyViolation);
        }

        if (!_services.Sessions.TryAdd(this)) return Refuse(BoshCondition.SystemShutdown);
        _session = BoshSession.Create(creation.Body, creation.Sid, creation.Domain, host, _services.Settings.Session, ticket, Now);
        if (_session is null) return Refuse(BoshCondition.BadRequest);
        _services.Meter.SessionOpened();
        _services.Meter.RequestArrived(BoshRequestKind.Creation);
        _open = new(_id, creation.Domain, creation.Body.Lang, creation.IsEncrypted, creation.IsLoopback, creation.ClientAddress);
        return AnswerOrHold(ticket, clientGone);

        ValueTask<BoshReply> Refuse(BoshCondition condition)
        {
            Forget();
            LetGrainGo();
            _services.Meter.RequestRefused(condition);
            return new(BoshReply.Of(BoshBodyWriter.Terminate(condition, isLegacy: creation.Body.IsLegacy)));
        }
    }

    /// <summary>Whether there is no session (any more) behind this activation, which then goes again.</summary>
    private bool IsGone()
    {
        if (_session is not null) return false;
        LetGrainGo();
        return true;
    }

    /// <summary>The session is over, or was never opened; it counts nowhere any more.</summary>
    private void Forget()
    {
        _services.Sessions.Remove(this);
        _services.Counts.Remove(_id);
        _timer?.Dispose();
    }

    private void LetGrainGo() => _grain.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "There is no session (any more)."));

    private void EndStream(BoshCondition condition, StreamError? error)
    {
        _session!.Close(condition, error?.ToStanza(), Now);
        Act();
    }
}
