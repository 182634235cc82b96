using System.Xml.Linq;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>
/// Plays one session against the engine with a clock of its own: requests by their distance from the creation rid, as the catalogue writes
/// them, callers that see exactly one effect each, and a scripted backend. It does with the engine what LocalSession does.
/// </summary>
internal sealed class SessionScript
{
    /// <summary>The rid of the creation request.</summary>
    public const long R0 = 4_294_967_290;

    public const string Sid = "sid-of-the-script";

    /// <summary>The catalogue's test configuration.</summary>
    public static readonly BoshSessionSettings TestSettings = new()
    {
        MaxWait = TimeSpan.FromSeconds(60),
        MaxHold = 5,
        Inactivity = TimeSpan.FromSeconds(2),
        Polling = TimeSpan.FromSeconds(2),
        PollingInactivity = TimeSpan.FromSeconds(5),
        MaxPause = TimeSpan.FromSeconds(6),
        // Answers leave at once; AnswerSpacingTests have the real thing.
        AnswerSpacing = TimeSpan.Zero,
    };

    private readonly BoshSessionSettings _settings;
    private readonly List<ScriptCaller> _callers = [];
    private long _lastTicket;

    /// <summary>Sends a creation request: <c>C{…}</c> of the catalogue.</summary>
    public SessionScript(
        Func<BoshBody, BoshBody>? creation = null,
        BoshSessionSettings? settings = null,
        ScriptBackend? backend = null,
        string? host = "a.example",
        params Stanza[] payload)
    {
        _settings = settings ?? TestSettings;
        Backend = backend ?? new();
        var body = new BoshBody
        {
            Rid = R0, To = "example.com", Ver = "1.11", Wait = "10", Hold = "1", Lang = "en", Payloads = payload,
        };
        if (creation is not null) body = creation(body);
        Creation = NewCaller(body.Rid);
        Session = BoshSession.Create(body, Sid, "example.com", host, _settings, Creation.Ticket, Now)
            ?? throw new InvalidOperationException("The creation request was refused.");
        Act();
    }

    public BoshSession Session { get; private set; }

    public ScriptBackend Backend { get; }

    public ScriptCaller Creation { get; }

    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Every caller in the order in which answers left.</summary>
    public List<ScriptCaller> Answered { get; } = [];

    public static Stanza Message(string id, string? body = null) => Stanza.Create(
        "message", new(null, "juliet@example.com", id, "chat", null), new XElement(XName.Get("body", Ns.Client), body ?? id));

    public static Stanza Ping(string id) => Stanza.Create("iq", new(null, "example.com", id, "get", null), new XElement(XName.Get("ping", Ns.Ping)));

    public static Stanza Auth(string id = "auth") => Stanza.Create(id, Ns.Sasl, default, []);

    /// <summary>An empty request, or one with payload: <c>Q(n)[…]</c>.</summary>
    public ScriptCaller Q(int n, params Stanza[] payload) => Q(n, body => body, payload);

    /// <summary>A request with attributes: <c>Q(n){…}[…]</c>.</summary>
    public ScriptCaller Q(int n, Func<BoshBody, BoshBody> attributes, params Stanza[] payload)
    {
        var body = attributes(new() { Rid = R0 + n, Sid = Sid, Payloads = payload });
        var caller = NewCaller(body.Rid);
        Session.Receive(body, caller.Ticket, Now);
        Act();
        return caller;
    }

    /// <summary>A pause request.</summary>
    public ScriptCaller Pause(int n, string seconds, params Stanza[] payload) => Q(n, body => body with { Pause = seconds }, payload);

    /// <summary>A terminate request.</summary>
    public ScriptCaller Terminate(int n, params Stanza[] payload) => Q(n, body => body with { Type = "terminate" }, payload);

    /// <summary>The server's side sends stanzas.</summary>
    public void Push(params string[] ids)
    {
        foreach (var id in ids) Session.Send(Message(id));
        Flush();
    }

    public void Push(Stanza stanza)
    {
        Session.Send(stanza);
        Flush();
    }

    public void Flush()
    {
        Session.Flush(Now);
        Act();
    }

    public void Bind()
    {
        Session.Bound();
        Act();
    }

    /// <summary>The connection of this request breaks and the server notices.</summary>
    public void Kill(ScriptCaller caller)
    {
        Assert.True(caller.IsHeld);
        caller.IsAbandoned = true;
        Session.Abandon(caller.Ticket, Now);
        Act();
    }

    public void Close(BoshCondition condition, StreamError? error = null) => CloseWith(condition, error?.ToStanza());

    /// <summary>The backend ends the session with a child of its own.</summary>
    public void CloseWith(BoshCondition condition, Stanza? reason)
    {
        Session.Close(condition, reason, Now);
        Act();
    }

    /// <summary>The node stops.</summary>
    public void ShutDown()
    {
        Session.ShutDown(Now);
        Act();
    }

    /// <summary>The backend takes the oldest item of the outbox, but its confirmation is not here yet.</summary>
    public OutboxItem HandOver()
    {
        var item = Session.NextOutboxItem!;
        Backend.Seen.Add(item);
        return item;
    }

    /// <summary>The backend takes the oldest item, answers it as scripted and confirms it.</summary>
    public void Confirm()
    {
        var item = HandOver();
        foreach (var reply in Backend.Replies(item)) Session.Send(reply);
        Session.Delivered(item, Now);
        Act();
    }

    /// <summary>An orderly move: callers are released, the state travels as bytes.</summary>
    public void Move(string? host = "b.example")
    {
        Session.ReleaseAll(Now);
        Act();
        Assert.DoesNotContain(_callers, caller => caller.IsHeld);
        Restore(host);
    }

    /// <summary>The node dies; another one goes on from the last state. Callers are gone with their node.</summary>
    public void Crash(string? host = "b.example")
    {
        foreach (var caller in _callers) caller.IsAbandoned |= caller.IsHeld;
        Restore(host);
    }

    /// <summary>Lets time pass and ticks when the session asks for it, and only then: what it does not ask for does not happen.</summary>
    public void Advance(double seconds)
    {
        var end = Now + TimeSpan.FromSeconds(seconds);
        while (Session.NextTick is { } next && next <= end)
        {
            if (next > Now) Now = next;
            TickNow();
        }

        Now = end;
    }

    /// <summary>Lets time pass with nobody coming: every caller must be answered and the session must come to its end.</summary>
    public void RunOut()
    {
        Backend.ConfirmsAtOnce = true;
        Act();
        Advance(600);
        Assert.True(Session.IsOver, "The session never ends.");
        Assert.Null(Session.NextTick);
        Assert.Null(Session.NextOutboxItem);
        Assert.All(_callers, caller => Assert.False(caller.IsHeld, $"Request {caller.Rid} never got an answer."));
        Assert.Single(Backend.Seen.Where(item => item.Kind == OutboxKind.Close).DistinctBy(item => (item.Rid, item.Index)));
    }

    /// <summary>The session is dead: an otherwise valid request gets <c>item-not-found</c>.</summary>
    public void ShouldBeDead(int next)
    {
        Q(next).ShouldTerminate("item-not-found");
        Assert.True(Session.IsEnding);
    }

    /// <summary>The session lives: the next request is held, or answered without being terminated.</summary>
    public void ShouldBeAlive(int next)
    {
        var caller = Q(next);
        if (!caller.IsHeld) Assert.Null(caller.Type);
        Assert.False(Session.IsEnding);
    }

    private void TickNow()
    {
        Session.Tick(Now);
        Act();
        if (Session.NextTick is { } next) Assert.True(next > Now, $"After a tick at {Now:O} the next one is due at {next:O}: a busy loop.");
    }

    private void Restore(string? host)
    {
        Session = BoshSession.Restore(Session.Capture(), host, _settings);
        Act();
    }

    private ScriptCaller NewCaller(long rid)
    {
        var caller = new ScriptCaller(++_lastTicket, rid);
        _callers.Add(caller);
        return caller;
    }

    private void Act()
    {
        TakeEffects();
        while (Backend.ConfirmsAtOnce && Session.NextOutboxItem is not null)
        {
            var item = HandOver();
            foreach (var reply in Backend.Replies(item)) Session.Send(reply);
            Session.Delivered(item, Now);
            TakeEffects();
        }
    }

    private void TakeEffects()
    {
        foreach (var effect in Session.TakeEffects())
        {
            var caller = _callers.Find(caller => caller.Ticket == effect.Ticket);
            Assert.NotNull(caller);
            caller.Take(effect.Answer, Now);
            Answered.Add(caller);
        }
    }
}
