using System.Xml.Linq;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;
using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.1, 1.2 and 1.14, as far as the engine decides: how a session begins.</summary>
public sealed class CreationTests : SessionTests
{
    private static readonly string[] CreationOnly =
    [
        "sid", "wait", "requests", "ver", "polling", "inactivity", "hold", "accept", "charsets", "maxpause", "from", "authid", "secure",
        "stream",
    ];

    [Fact, Trait("Rule", "B-CRE-01"), Trait("Rule", "B-XMPP-03")]
    public void The_creation_request_is_answered_as_soon_as_the_backend_has_features()
    {
        var backend = new ScriptBackend { ConfirmsAtOnce = false };
        var s = Create(c => c with { Wait = "60" }, backend: backend);
        s.Advance(5);
        Assert.True(s.Creation.IsHeld);
        s.Confirm();
        s.Creation.ShouldCarry("features");
        Assert.Equal(Sid, s.Creation.Attribute("sid"));
    }

    [Fact, Trait("Rule", "B-CRE-01")]
    public void Features_that_come_after_the_stream_was_opened_answer_it_too()
    {
        var s = Create(c => c with { Wait = "0" }, backend: new() { Replies = ScriptBackend.Silence });
        s.Advance(1);
        Assert.True(s.Creation.IsHeld);
        s.Push(ScriptBackend.Features);
        s.Creation.ShouldCarry("features");
    }

    [Fact, Trait("Rule", "B-CRE-03"), Trait("Rule", "B-CRE-04"), Trait("Rule", "B-CRE-09"), Trait("Rule", "B-ATT-10")]
    public void The_creation_answer_says_what_was_negotiated()
    {
        var creation = Open().Creation;
        Assert.Equal("10", creation.Attribute("wait"));
        Assert.Equal("2", creation.Attribute("requests"));
        Assert.Equal("1", creation.Attribute("hold"));
        Assert.Equal("1.11", creation.Attribute("ver"));
        Assert.Equal("2", creation.Attribute("polling"));
        Assert.Equal("2", creation.Attribute("inactivity"));
        Assert.Equal("6", creation.Attribute("maxpause"));
        Assert.Equal("example.com", creation.Attribute("from"));
        Assert.Equal("a.example", creation.Attribute("host"));
        Assert.Null(creation.Attribute("secure"));
        Assert.Null(creation.Attribute("charsets"));
        Assert.Null(creation.Attribute("accept"));
    }

    [Fact, Trait("Rule", "B-CRE-08")]
    public void A_route_changes_nothing()
    {
        var s = Create(c => c with { Route = "xmpp:127.0.0.1:22" });
        Assert.Equal(Open().Creation.Text, s.Creation.Text);
        Assert.Equal([OutboxKind.Open], s.Backend.Seen.Select(item => item.Kind));
    }

    [Fact, Trait("NotOffered", "B-STR-02"), Trait("NotOffered", "B-STR-04"), Trait("NotOffered", "B-STR-05")]
    public void There_is_one_stream_and_it_has_no_name()
    {
        var s = Open();
        var adding = s.Q(1, b => b with { To = "example.com" });
        Assert.True(adding.IsHeld);
        var named = s.Q(2, b => b with { Stream = "zz" }, Message("m"));
        s.Push("n");
        var end = s.Q(3, b => b with { Stream = "zz", Type = "terminate" });
        end.ShouldTerminate(null);
        Assert.All([s.Creation, adding, named, end], caller => Assert.Null(caller.Attribute("stream")));
        Assert.Equal(["m"], s.Backend.Ids);
        Assert.Single(s.Backend.Seen, item => item.Kind == OutboxKind.Open);
        s.ShouldBeDead(4);
    }

    [Fact, Trait("Rule", "B-CRE-05"), Trait("Rule", "B-XMPP-01")]
    public void Later_answers_repeat_nothing_of_it_but_the_host()
    {
        var s = Open();
        ScriptCaller[] callers = [s.Q(1, Ping("p")), s.Q(2, b => b with { Restart = true }), s.Q(3, Ping("q")), s.Pause(4, "5")];
        Assert.All(callers, caller =>
        {
            Assert.All(CreationOnly, name => Assert.Null(caller.Attribute(name)));
            Assert.Equal("a.example", caller.Attribute("host"));
        });
    }

    [Fact, Trait("Rule", "B-CRE-10")]
    public void Payload_of_the_creation_request_is_answered_in_its_answer()
    {
        var backend = new ScriptBackend
        {
            Replies = item => item.Kind == OutboxKind.Open ? [ScriptBackend.Features] : [Stanza.Create("success", Ns.Sasl, default, [])],
        };
        var s = Create(backend: backend, payload: Auth());
        s.Creation.ShouldCarry("features", "success");
        Assert.Equal([OutboxKind.Open, OutboxKind.Stanza], s.Backend.Seen.Select(item => item.Kind));
    }

    [Fact, Trait("Rule", "B-CRE-10")]
    public void A_slow_answer_to_that_payload_does_not_hold_up_the_features()
    {
        var s = Create(backend: new() { ConfirmsAtOnce = false }, payload: Auth());
        s.Confirm();
        Assert.True(s.Creation.IsHeld);
        s.Advance(0.2);
        s.Creation.ShouldCarry("features");
    }

    [Fact, Trait("Rule", "B-CRE-10")]
    public void Too_full_an_outbox_holds_the_creation_up_without_a_busy_loop()
    {
        var s = Create(
            settings: TestSettings with { MaxOutboxStanzas = 1 },
            backend: new() { ConfirmsAtOnce = false },
            payload: [Auth("a"), Auth("b"), Auth("c")]);
        s.Confirm();
        s.Advance(1);
        Assert.True(s.Creation.IsHeld);
        s.Confirm();
        s.Confirm();
        s.Advance(0.2);
        s.Creation.ShouldCarry("features");
    }

    [Fact, Trait("Rule", "B-RTX-04"), Trait("Rule", "B-XMPP-03")]
    public void A_repeated_creation_request_waits_for_the_features_like_the_first()
    {
        var s = Create(c => c with { Wait = "1" }, backend: new() { ConfirmsAtOnce = false });
        var repeat = s.Q(0);
        s.Creation.ShouldBeSuperseded();
        s.Advance(3);
        Assert.True(repeat.IsHeld);
        s.Confirm();
        repeat.ShouldCarry("features");
        Assert.Equal(Sid, repeat.Attribute("sid"));
    }

    [Fact, Trait("Rule", "B-COND-09")]
    public void A_backend_that_does_not_open_in_time_refuses_the_creation()
    {
        var s = Create(backend: new() { ConfirmsAtOnce = false });
        s.Advance(21);
        s.Creation.ShouldTerminate("remote-connection-failed");
        Assert.Null(s.Creation.Attribute("sid"));
        Assert.True(s.Session.IsOver);
    }

    [Theory, Trait("Rule", "B-COND-09"), Trait("Rule", "B-COND-03")]
    [InlineData(BoshCondition.RemoteConnectionFailed, "remote-connection-failed")]
    [InlineData(BoshCondition.HostUnknown, "host-unknown")]
    public void A_backend_that_refuses_leaves_no_session_behind(BoshCondition condition, string wire)
    {
        var s = Create(backend: new() { ConfirmsAtOnce = false });
        s.Close(condition);
        s.Creation.ShouldTerminate(wire);
        Assert.True(s.Session.IsOver);
        s.ShouldBeDead(1);
    }

    [Fact, Trait("Rule", "B-COND-10")]
    public void A_stream_error_during_creation_stands_in_its_refusal()
    {
        var s = Create(backend: new() { ConfirmsAtOnce = false });
        s.Close(BoshCondition.RemoteStreamError, new("host-unknown"));
        s.Creation.ShouldTerminate("remote-stream-error");
        Assert.Equal(["error"], s.Creation.Payload);
    }

    [Fact, Trait("Rule", "B-CRE-11")]
    public void A_creation_whose_client_has_gone_leaves_no_session_behind()
    {
        var s = Create(backend: new() { Replies = ScriptBackend.Silence });
        s.Kill(s.Creation);
        s.Push(ScriptBackend.Features);
        s.Advance(21);
        Assert.True(s.Session.IsOver);
        Assert.Equal(["features"], s.Backend.Undelivered);
    }

    [Fact, Trait("Rule", "B-ATT-11")]
    public void The_content_type_that_was_asked_for_stands_on_every_answer()
    {
        var s = Open(c => c with { Content = "text/plain; charset=utf-8" });
        var first = s.Q(1);
        var repeat = s.Q(1);
        ScriptCaller[] callers = [s.Creation, first, s.Q(2, Ping("p")), repeat, s.Pause(3, "5"), s.Q(9), s.Q(10)];
        Assert.All(callers, caller => Assert.Equal("text/plain; charset=utf-8", caller.Answer!.ContentType));
        Assert.Equal("text/xml; charset=utf-8", Open().Creation.Answer!.ContentType);
    }

    [Fact, Trait("Rule", "B-ATT-13")]
    public void A_restart_carries_the_language_of_its_stream()
    {
        var s = Create();
        s.Q(1, b => b with { Restart = true, Lang = "fr" });
        Assert.Equal([(OutboxKind.Open, null), (OutboxKind.Restart, "fr")], s.Backend.Seen.Select(item => (item.Kind, item.Lang)));
    }

    [Fact, Trait("Rule", "B-ATT-14"), Trait("Rule", "B-STR-01")]
    public void Attributes_of_a_creation_request_mean_nothing_later()
    {
        var s = Open();
        var first = s.Q(1, b => b with
        {
            To = "example.com", Lang = "de", Content = "text/html", Wait = "1", Hold = "x", Ver = "1.6", Route = "xmpp:a:1",
        });
        s.Advance(9);
        Assert.True(first.IsHeld);
        s.Advance(0.5);
        first.ShouldBeEmpty();
        Assert.Equal("text/xml; charset=utf-8", first.Answer!.ContentType);
        Assert.Single(s.Backend.Seen);
    }

    [Fact, Trait("Rule", "B-ATT-15"), Trait("Rule", "B-XMPP-01"), Trait("Rule", "B-XMPP-02")]
    public void The_attributes_of_xmpp_have_their_literal_prefix_and_namespace()
    {
        var creation = Open().Creation;
        XNamespace xbosh = Ns.XBosh;
        Assert.Equal("1.0", (string?)creation.Body.Attribute(xbosh + "version"));
        Assert.Equal("true", (string?)creation.Body.Attribute(xbosh + "restartlogic"));
        Assert.Contains(" xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0' xmpp:restartlogic='true'", creation.Text, StringComparison.Ordinal);
    }

    [Theory, Trait("Rule", "B-ATT-02")]
    [InlineData("-1", null)]
    [InlineData(null, "x")]
    public void A_creation_request_that_makes_no_sense_makes_no_session(string? wait, string? hold)
    {
        var body = new BoshBody { Rid = R0, Wait = wait, Hold = hold };
        Assert.Null(BoshSession.Create(body, Sid, "example.com", null, TestSettings, 1, DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void Without_a_host_name_none_is_sent()
    {
        var s = new SessionScript(host: null);
        Assert.Null(s.Creation.Attribute("host"));
        Assert.Null(s.Q(9).Attribute("host"));
    }
}
