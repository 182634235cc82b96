using System.Globalization;
using System.Text;
using System.Xml.Linq;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Bosh.Model;

/// <summary>The engine with a backend behind it, and the half of the oracle that sees what leaves the server.</summary>
internal sealed class ModelServer(ModelConfig config, Action<string> trace)
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly Dictionary<long, Attempt> _waiting = [];
    private readonly SortedSet<long> _arrived = [];
    private readonly Dictionary<long, byte[]> _answers = [];
    private readonly ModelEvidence _evidence = new(config);
    private readonly HashSet<(OutboxKind Kind, long Rid, int Index)> _taken = [];
    private readonly Queue<Stanza> _laterReplies = new();
    private (OutboxKind Kind, long Rid, int Index)? _unconfirmed;
    private BoshSession? _session;
    private OutboxItem? _handed;
    private long _inSequence = SessionScript.R0 - 1;
    private long _highestAnswered;
    private long _lastTicket;
    private int _pushes;

    public DateTimeOffset Now { get; private set; } = Start;

    /// <summary>Ids of the stanzas for the client, in order.</summary>
    public List<string> Sent { get; } = [];

    /// <summary>Ids of the stanzas that the backend took, repeats dropped by (rid, index).</summary>
    public List<string> Taken { get; } = [];

    public bool IsClosed { get; private set; }

    /// <summary>What brought the session to its end.</summary>
    public SessionEndCause? EndedBy { get; private set; }

    /// <summary>Ids of the stanzas that were handed back at the end.</summary>
    public List<string> HandedBack { get; } = [];

    /// <summary>Ids of the stanzas that have left in an answer.</summary>
    public IReadOnlySet<string> Answered => _evidence.Answered;

    /// <summary>When somebody waited last, as the server sees it.</summary>
    public DateTimeOffset LastBusyAt { get; private set; }

    public bool HasWaiting => _waiting.Count > 0;

    public bool HasWork => _session!.NextOutboxItem is not null || _laterReplies.Count > 0;

    public bool IsOver => _session!.IsOver;

    public bool HasArrived(long rid) => rid <= _inSequence || _arrived.Contains(rid);

    /// <summary>Attempts whose requests wait here.</summary>
    public IReadOnlyList<Attempt> Waiting => [.. _waiting.Values];

    /// <summary>A request arrives.</summary>
    public void Arrive(Attempt attempt)
    {
        attempt.Place = AttemptPlace.AtServer;
        attempt.Ticket = ++_lastTicket;
        attempt.AnswerableSince = null;
        _waiting.Add(attempt.Ticket, attempt);
        Trace($"{attempt.Request} arrives as #{attempt.Ticket}");
        var rid = attempt.Request.Rid;
        if (rid > _inSequence) _arrived.Add(rid);
        _evidence.RequestArrived(attempt.Request.Body);
        while (_arrived.Remove(_inSequence + 1)) _inSequence++;
        if (_session is null)
        {
            _session = BoshSession.Create(attempt.Request.Body, SessionScript.Sid, "example.com", "a.example", config.Settings, attempt.Ticket, Now)!;
        }
        else
        {
            _session.Receive(attempt.Request.Body, attempt.Ticket, Now);
        }

        Observe();
        AssertAtRest();
    }

    /// <summary>The server notices that a connection broke.</summary>
    public void Notice(Attempt attempt)
    {
        Trace($"#{attempt.Ticket} is noticed to have gone");
        Assert.True(_waiting.Remove(attempt.Ticket));
        attempt.Place = AttemptPlace.Gone;
        _session!.Abandon(attempt.Ticket, Now);
        Observe();
    }

    public void Push(int count, bool isFlushed)
    {
        for (var i = 0; i < count; i++) Send(SessionScript.Message($"s{++_pushes}"));
        if (isFlushed)
        {
            _session!.Flush(Now);
            AssertAtRest();
        }

        Observe();
    }

    /// <summary>The backend makes one step: it takes an item, confirms one, or says something that it owed.</summary>
    public void StepBackend(bool confirmsAtOnce, bool repliesNow)
    {
        if (_handed is null && _session!.NextOutboxItem is { } item)
        {
            _handed = item;
            Take(item, repliesNow);
            if (confirmsAtOnce) Confirm();
        }
        else if (_handed is not null)
        {
            Confirm();
        }
        else if (_laterReplies.TryDequeue(out var reply))
        {
            Send(reply);
            _session!.Flush(Now);
            AssertAtRest();
        }

        Observe();
    }

    /// <summary>The session moves: callers are released, and their front ends will call again.</summary>
    /// <returns>The released attempts.</returns>
    public List<Attempt> Move(bool confirmationSurvives)
    {
        List<Attempt> released = [.. _waiting.Values];
        _session!.ReleaseAll(Now);
        foreach (var effect in _session.TakeEffects())
        {
            Assert.Null(effect.Answer);
            Assert.True(_waiting.Remove(effect.Ticket));
        }

        Assert.Empty(_waiting);
        Restore(confirmationSurvives);
        return released;
    }

    /// <summary>The node dies; the session goes on elsewhere from its last state.</summary>
    /// <returns>Attempts whose connections broke with the node.</returns>
    public List<Attempt> Crash(bool confirmationSurvives)
    {
        List<Attempt> broken = [.. _waiting.Values];
        _waiting.Clear();
        Restore(confirmationSurvives);
        return broken;
    }

    public void AdvanceTo(DateTimeOffset time)
    {
        while (_session!.NextTick is { } next && next <= time)
        {
            if (next > Now) Now = next;
            TickNow();
        }

        Now = time;
        TickNow();
    }

    /// <summary>Unless it has ended by the client's will, the session must live.</summary>
    public void AssertLives() => Assert.False(_session!.IsEnding, "The session of a client that kept to the rules died.");

    private void Trace(string what) =>
        trace($"{(Now - Start).TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture)} {what}");

    /// <summary>After a call that lets payload leave.</summary>
    private void AssertAtRest() => Assert.False(_session!.OwesPayload(Now), "Something that could leave waits for the next event.");

    private void TickNow()
    {
        _session!.Tick(Now);
        Observe();
        Assert.False(_session.NextTick <= Now, "A tick is due again at once: a busy loop.");
        foreach (var attempt in _waiting.Values)
        {
            Assert.False(Now - attempt.AnswerableSince > config.LongestWait, $"Request {attempt.Request.Rid} waits for longer than its wait.");
        }
    }

    private void Take(OutboxItem item, bool repliesNow)
    {
        var name = (item.Kind, item.Rid, item.Index);
        if (!_taken.Add(name))
        {
            Assert.True(_unconfirmed == name, "The backend was handed something again that it had confirmed.");
            return;
        }

        if (item.Kind == OutboxKind.Close)
        {
            IsClosed = true;
            HandedBack.AddRange(item.Undelivered!.Select(stanza => stanza.Id!));
            Assert.Equal(_evidence.Missing(Sent, EndedBy!.Value), HandedBack);
            return;
        }

        Assert.False(IsClosed);
        if (item.Kind == OutboxKind.Open)
        {
            Send(SessionScript.Message("features"));
            _session!.Bound();
            return;
        }

        Taken.Add(item.Kind == OutboxKind.Restart ? $"restart{item.Rid}" : item.Stanza!.Id!);
        var reply = SessionScript.Message($"reply-{Taken[^1]}");
        if (repliesNow) Send(reply);
        else _laterReplies.Enqueue(reply);
    }

    private void Confirm()
    {
        Trace($"the backend confirms {_handed!.Kind} {_handed.Rid - SessionScript.R0}.{_handed.Index}");
        _session!.Delivered(_handed, Now);
        if (_session.NextOutboxItem is null) AssertAtRest();
        _handed = null;
    }

    private void Send(Stanza stanza)
    {
        // Who sends to a session that has ended keeps the stanza.
        if (_session!.IsEnding) return;
        Trace($"{stanza.Id} is for the client");
        Sent.Add(stanza.Id!);
        _session.Send(stanza);
    }

    private void Restore(bool confirmationSurvives)
    {
        Trace("the session is restored");
        if (_handed is not null) _unconfirmed = (_handed.Kind, _handed.Rid, _handed.Index);
        if (!confirmationSurvives) _handed = null;
        _session = BoshSession.Restore(_session!.Capture(), "b.example", config.Settings);
    }

    /// <summary>Looks at everything that leaves: one effect per caller, rid order, the same bytes for the same rid.</summary>
    private void Observe()
    {
        if (_waiting.Count > 0) LastBusyAt = Now;
        EndedBy ??= _session!.Ended?.Cause;
        foreach (var effect in _session!.TakeEffects())
        {
            Assert.True(_waiting.Remove(effect.Ticket, out var attempt), "An effect for a caller that does not wait.");
            attempt.Place = AttemptPlace.OnTheWayToClient;
            attempt.Answer = effect.Answer!;
            Assert.NotNull(effect.Answer);
            Trace($"#{effect.Ticket} is answered {Encoding.UTF8.GetString(effect.Answer.Entity)}");
            ObserveAnswer(attempt.Request, effect.Answer.Entity);
        }

        foreach (var attempt in _waiting.Values)
        {
            // The creation request waits for the backend, however long that takes.
            if (attempt.Request.Rid <= _inSequence && attempt.Request.Rid != SessionScript.R0) attempt.AnswerableSince ??= Now;
        }
    }

    private void ObserveAnswer(ModelRequest request, byte[] entity)
    {
        var body = XElement.Parse(Encoding.UTF8.GetString(entity));
        // The end of a client that has vanished is told to everyone, behind a gap too (B-RID-09).
        if ((string?)body.Attribute("type") == "error" || body.Attribute("condition") is not null) return;
        var rid = request.Rid;
        _evidence.AnswerLeft(rid, body);
        Assert.True(rid <= _inSequence, "A request behind a gap was answered.");
        if (_answers.TryGetValue(rid, out var first))
        {
            // A pause is answered anew (B-PAUSE-06), maybe by another host; its answer has no content that could differ.
            if (!request.IsPause) Assert.Equal(first, entity);
            return;
        }

        _answers.Add(rid, entity);
        if ((string?)body.Attribute("ack") is { } ack && rid != SessionScript.R0)
        {
            Assert.InRange(long.Parse(ack, CultureInfo.InvariantCulture), rid + 1, _inSequence);
        }

        if (rid > _highestAnswered) _highestAnswered = rid;
        else Assert.False(body.HasElements, $"Request {rid} was passed over, and then answered with payload.");
    }
}
