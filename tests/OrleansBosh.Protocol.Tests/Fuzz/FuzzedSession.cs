using System.Diagnostics.CodeAnalysis;
using System.Xml.Linq;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Tests.Bosh;
using OrleansBosh.Protocol.Tests.Xml;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Fuzz;

/// <summary>
/// Reader and engine as a front end and a grain put them together, with a clock of their own: entities come in as bytes, payloads come
/// back as echoes, and every answer is looked at. The rules of rids and holds are the model's matter (Bosh/Model), not this one's.
/// </summary>
internal sealed class FuzzedSession
{
    private const long FirstRid = 1_000;

    private static readonly BoshSessionSettings Settings = SessionScript.TestSettings with
    {
        MaxOutboxStanzas = 4, MaxQueueStanzas = 20, MaxQueueBytes = 30_000, MaxAnswerStanzas = 4, MaxAnswerBytes = 8_000, MaxRepeats = 5,
        MaxQuickEmpties = 5, MaxCachedAnswers = 4, MaxCachedBytes = 20_000,
        Polling = TimeSpan.FromMilliseconds(50),
    };

    private static readonly Stanza Features = Stanza.Create(
        "features", Ns.Stream, default, [], new XElement(XName.Get("bind", Ns.Bind)), new XElement(XName.Get("mechanisms", Ns.Sasl)));

    private readonly Choices _choices;
    private readonly HashSet<long> _waiting = [];
    private readonly HashSet<long> _received = [];
    private readonly List<byte[]> _sent = [];
    private BoshSession? _session;
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private OutboxItem? _handed;
    private long _lastTicket;
    private long _lowestMissing = FirstRid + 1;
    private long _bytesIn;
    private long _calls;
    private long _allocated;

    public FuzzedSession(Choices choices)
    {
        _choices = choices;
        var entity = HostileEntity.Creation(choices, FirstRid);
        if (!TryRead(entity, out var body)) return;
        _lowestMissing = body.Rid + 1;
        var host = choices.Pick("a.example", null, "a'b&<\"");
        _waiting.Add(++_lastTicket);
        Call(() => _session = BoshSession.Create(body, SessionScript.Sid, "example.com", host, Settings, _lastTicket, _now));
        if (IsOpen && !choices.OneIn(6)) Negotiate();
    }

    /// <summary>The creation request was accepted.</summary>
    public bool IsOpen => _session is not null;

    public bool IsEnding => _session!.IsEnding;

    /// <summary>The conditions of the terminate bodies since the session began, or since its backend broke.</summary>
    public List<string?> Ends { get; } = [];

    public int Answers { get; private set; }

    // Too many requests at once end a session like nothing else, so they must be rare.
    private bool IsPatient => _waiting.Count == 0 || (_waiting.Count == 1 && _choices.OneIn(3)) || _choices.OneIn(12);

    public void Step()
    {
        switch (_choices.Next(20))
        {
            case < 9 when IsPatient:
                Receive();
                break;
            case < 13:
                Deliver();
                break;
            case 13 or 14:
                // With nobody waiting, a second or two is the end.
                Advance(TimeSpan.FromMilliseconds(_waiting.Count > 0 || _choices.OneIn(20) ? _choices.Pick(1, 20, 90, 500, 3_000, 9_000) : 100));
                break;
            case 15 when _choices.OneIn(2):
                Abandon(_choices.Next((int)_lastTicket + 2));
                break;
            case 16:
                Call(() => _session!.Flush(_now));
                break;
            case 17 when _choices.OneIn(2):
                Call(_session!.Bound);
                break;
            case 18 when _choices.OneIn(8):
                End();
                break;
            case 19 when _choices.OneIn(4):
                Move();
                break;
        }
    }

    /// <summary>The backend breaks while it handles an item: this is all that the grain can do about it.</summary>
    public void FailBackend()
    {
        Ends.Clear();
        Call(() => _session!.Close(BoshCondition.InternalServerError, null, _now));
    }

    /// <summary>Nobody comes any more, the backend catches up: everyone must get an answer, and the session must end.</summary>
    public void Finish()
    {
        DeliverAll();
        Advance(TimeSpan.FromMinutes(10));
        DeliverAll();
        Assert.True(_session!.IsOver);
        Assert.Empty(_waiting);
        Assert.Null(_session.NextTick);
        // Everything is rendered once, kept as bytes and copied a few times; what a call costs by itself is in the constant.
        Assert.InRange(_allocated, 0, (16 * _bytesIn) + (4096 * _calls) + 65_536);
    }

    // A session whose creation is never answered sees little; the others see the rest.
    private void Negotiate()
    {
        Call(() => _session!.Send(Features));
        Call(() => _session!.Delivered(_session.NextOutboxItem!, _now));
        if (!_choices.OneIn(6)) Call(_session!.Bound);
    }

    private void Receive()
    {
        if (_sent.Count > 0 && _choices.OneIn(6))
        {
            Receive(_sent[Math.Max(0, _sent.Count - 1 - _choices.Next(6))]);
            return;
        }

        var rid = _lowestMissing;
        if (_choices.OneIn(8)) rid = Math.Max(1, rid + _choices.Next(3) - 1);
        var entity = HostileEntity.Request(_choices, rid, SessionScript.Sid);
        _sent.Add(entity);
        Receive(entity);
    }

    private void Receive(byte[] entity)
    {
        if (!TryRead(entity, out var body)) return;
        _received.Add(body.Rid);
        while (_received.Contains(_lowestMissing)) _lowestMissing++;
        _waiting.Add(++_lastTicket);
        Call(() => _session!.Receive(body, _lastTicket, _now));
    }

    private bool TryRead(byte[] entity, [NotNullWhen(true)] out BoshBody? body)
    {
        _bytesIn += entity.Length;
        if (BoshBodyReader.TryRead(entity, new(), out body, out var error)) return true;
        // What the door answers by itself, without a session.
        AnswerCheck.Check(BoshBodyWriter.Terminate(error.Condition).Entity);
        return false;
    }

    private void Deliver()
    {
        if (_handed is null)
        {
            _handed = _session!.NextOutboxItem;
            if (_handed is { } item) Reply(item);
            if (_choices.OneIn(3)) return;
        }

        if (_handed is not { } done) return;
        if (!_choices.OneIn(8)) _handed = null;
        Call(() => _session!.Delivered(done, _now));
    }

    private void DeliverAll()
    {
        while (_session!.NextOutboxItem is { } item) Call(() => _session.Delivered(item, _now));
    }

    private void Reply(OutboxItem item)
    {
        // Stream elements of a client are never routed to one; whatever else it sends comes back, three times to make a crowd.
        var reply = item.Kind is OutboxKind.Open or OutboxKind.Restart ? Features : item.Stanza;
        if (reply is null || (reply != Features && reply.Namespace == Ns.Stream)) return;
        for (var i = _choices.Next(4); i > 0; i--)
        {
            if (!_session!.CanSend(reply)) return;
            _bytesIn += reply.Bytes.Length;
            Call(() => _session.Send(reply));
        }
    }

    private void Abandon(long ticket)
    {
        _waiting.Remove(ticket);
        Call(() => _session!.Abandon(ticket, _now));
    }

    private void End()
    {
        var condition = (BoshCondition)_choices.Next(Enum.GetValues<BoshCondition>().Length);
        var error = condition == BoshCondition.RemoteStreamError ? new StreamError("conflict", "<&'\">").ToStanza() : null;
        if (_choices.OneIn(4)) Call(() => _session!.ShutDown(_now));
        else Call(() => _session!.Close(condition, error, _now));
    }

    private void Move()
    {
        Call(() => _session!.ReleaseAll(_now));
        Assert.Empty(_waiting);
        _session = BoshSession.Restore(_session!.Capture(), "b.example", Settings);
    }

    private void Advance(TimeSpan time)
    {
        var end = _now + time;
        while (_session!.NextTick is { } next && next <= end)
        {
            if (next > _now) _now = next;
            Call(() => _session.Tick(_now));
            Assert.False(_session.NextTick <= _now, "A tick is due again at once: a busy loop.");
        }

        _now = end;
    }

    private void Call(Action call)
    {
        _calls++;
        _allocated += Allocation.Of(call);
        if (_session is null) return;
        foreach (var effect in _session.TakeEffects())
        {
            Assert.True(_waiting.Remove(effect.Ticket), "An effect for a caller that does not wait.");
            if (effect.Answer is null) continue;
            Answers++;
            var (type, condition) = AnswerCheck.Check(effect.Answer.Entity);
            if (type == "terminate") Ends.Add(condition);
        }
    }
}
