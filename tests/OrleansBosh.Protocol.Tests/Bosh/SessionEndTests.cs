using OrleansBosh.Protocol.Bosh;
using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>What a session says about its own end.</summary>
public sealed class SessionEndTests : SessionTests
{
    [Fact]
    public void While_it_lives_or_only_closes_there_is_no_end()
    {
        var s = Open();
        Assert.Null(s.Session.Ended);
        s.Close(BoshCondition.RemoteStreamError);
        Assert.Null(s.Session.Ended);
        s.Q(1);
        ShouldHaveEnded(s, SessionEndCause.Server, BoshCondition.RemoteStreamError);
    }

    [Fact]
    public void The_client_ended_it()
    {
        var s = Open();
        s.Terminate(1);
        ShouldHaveEnded(s, SessionEndCause.Client, BoshCondition.None);
    }

    [Fact]
    public void The_node_stopped()
    {
        var s = Open();
        s.ShutDown();
        ShouldHaveEnded(s, SessionEndCause.Server, BoshCondition.SystemShutdown);
    }

    [Fact]
    public void A_request_broke_a_rule()
    {
        var s = Open();
        s.Q(100);
        ShouldHaveEnded(s, SessionEndCause.Violation, BoshCondition.ItemNotFound);
    }

    [Fact]
    public void The_client_stayed_away()
    {
        var s = Open();
        s.Advance(2);
        ShouldHaveEnded(s, SessionEndCause.Inactivity, BoshCondition.ItemNotFound);
    }

    [Fact]
    public void The_client_did_not_log_in()
    {
        var s = Create(settings: TestSettings with { NegotiationTimeout = TimeSpan.FromSeconds(1) });
        s.Advance(1);
        ShouldHaveEnded(s, SessionEndCause.Negotiation, BoshCondition.PolicyViolation);
    }

    [Fact]
    public void A_gap_was_never_filled()
    {
        var s = Open();
        s.Q(2);
        s.Advance(13);
        ShouldHaveEnded(s, SessionEndCause.Gap, BoshCondition.ItemNotFound);
    }

    [Fact]
    public void The_client_fetched_nothing()
    {
        var s = Open(settings: TestSettings with { MaxQueueStanzas = 1 });
        s.Push("a", "b");
        ShouldHaveEnded(s, SessionEndCause.Queue, BoshCondition.PolicyViolation);
    }

    [Fact]
    public void The_client_sent_too_large_a_stanza_before_it_had_logged_in()
    {
        var size = Message("m").Bytes.Length;
        var s = Create(settings: TestSettings with { MaxStanzaBytesBeforeLogin = size });
        s.Q(1, Message("m"));
        Assert.Null(s.Session.Ended);
        s.Q(2, Message("m"), Message("m+")).ShouldTerminate("policy-violation");
        ShouldHaveEnded(s, SessionEndCause.StanzaBeforeLogin, BoshCondition.PolicyViolation);
        Assert.Equal(["m"], s.Backend.Ids);
    }

    [Fact]
    public void A_client_that_has_logged_in_may_send_larger_stanzas()
    {
        var s = Open(settings: TestSettings with { MaxStanzaBytesBeforeLogin = 1 });
        s.Q(1, Message("m"));
        Assert.Null(s.Session.Ended);
        Assert.Equal(["m"], s.Backend.Ids);
    }

    [Fact]
    public void The_first_reason_to_close_is_the_one_that_is_told()
    {
        var s = Open();
        s.Close(BoshCondition.InternalServerError);
        s.Close(BoshCondition.RemoteStreamError);
        s.Bind(); // a late word of the backend opens nothing again
        Assert.True(s.Session.IsEnding);
        s.Q(1).ShouldTerminate("internal-server-error");
        s.Close(BoshCondition.RemoteStreamError);
        ShouldHaveEnded(s, SessionEndCause.Server, BoshCondition.InternalServerError);
    }

    [Fact]
    public void A_stop_of_the_node_changes_no_end_that_was_before()
    {
        var s = Open();
        s.Terminate(1);
        s.ShutDown();
        ShouldHaveEnded(s, SessionEndCause.Client, BoshCondition.None);
        Assert.Single(s.Backend.Seen, item => item.Kind == OutboxKind.Close);
    }

    [Fact]
    public void Who_was_away_for_too_long_finds_the_session_unknown_at_once()
    {
        var s = Open();
        s.Advance(2);
        Assert.True(s.Session.IsOver);
        Assert.Null(s.Session.NextTick);
    }

    [Fact]
    public void A_resource_bound_before_the_creation_is_answered_needs_no_login_any_more()
    {
        var backend = new ScriptBackend { ConfirmsAtOnce = false };
        var s = Create(settings: TestSettings with { NegotiationTimeout = TimeSpan.FromSeconds(1), Inactivity = TimeSpan.FromSeconds(30) }, backend: backend);
        s.Bind();
        backend.ConfirmsAtOnce = true;
        s.Flush();
        Assert.False(s.Creation.IsHeld);
        s.Advance(5);
        Assert.False(s.Session.IsEnding);
    }

    [Fact]
    public void An_end_that_was_seen_before_a_move_is_not_seen_again()
    {
        var s = Open();
        s.Terminate(1);
        s.Move();
        Assert.Null(s.Session.Ended);
    }

    private static void ShouldHaveEnded(SessionScript script, SessionEndCause cause, BoshCondition condition) =>
        Assert.Equal(new SessionEnd(cause, condition), script.Session.Ended);
}
