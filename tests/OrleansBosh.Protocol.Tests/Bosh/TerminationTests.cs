using System.Xml.Linq;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;
using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.15 to 1.17: how a session ends, and what it says then.</summary>
public sealed class TerminationTests : SessionTests
{
    [Fact, Trait("Rule", "B-TERM-01")]
    public void Payload_of_a_terminate_request_is_forwarded_before_the_stream_closes()
    {
        var s = Open();
        s.Terminate(1, Message("m"));
        Assert.Equal([OutboxKind.Open, OutboxKind.Stanza, OutboxKind.Close], s.Backend.Seen.Select(item => item.Kind));
    }

    [Fact, Trait("Rule", "B-TERM-02")]
    public void The_oldest_open_request_gets_the_terminate_body_and_the_others_are_empty()
    {
        var s = Open(c => c with { Hold = "2" });
        var first = s.Q(1);
        var second = s.Q(2);
        var terminate = s.Terminate(3);
        first.ShouldTerminate(null);
        second.ShouldBeEmpty();
        terminate.ShouldBeEmpty();
        Assert.Equal([first, second, terminate], s.Answered.Skip(1));
    }

    [Fact, Trait("Rule", "B-TERM-02")]
    public void A_lone_terminate_request_gets_the_terminate_body()
    {
        var s = Open();
        s.Terminate(1).ShouldTerminate(null);
        s.ShouldBeDead(2);
    }

    [Fact, Trait("Rule", "B-TERM-02"), Trait("Rule", "B-RTX-06")]
    public void A_broken_request_is_passed_over()
    {
        var s = Open();
        s.Kill(s.Q(1));
        s.Terminate(2).ShouldTerminate(null);
        s.Q(1).ShouldBeEmpty();
    }

    [Fact, Trait("Rule", "B-TERM-03")]
    public void A_terminate_request_takes_effect_in_rid_order()
    {
        var s = Open();
        var terminate = s.Terminate(2);
        Assert.True(terminate.IsHeld);
        s.Q(1, Message("m")).ShouldTerminate(null);
        terminate.ShouldBeEmpty();
        Assert.Equal(["m"], s.Backend.Ids);
        Assert.True(s.Backend.IsClosed);
        s.ShouldBeDead(3);
    }

    [Fact, Trait("Rule", "B-TERM-03"), Trait("Rule", "B-COND-07")]
    public void A_request_parked_behind_the_terminate_request_is_told_too()
    {
        var s = Open(c => c with { Hold = "2" });
        var behind = s.Q(3);
        s.Terminate(2);
        s.Q(1);
        behind.ShouldTerminate("other-request");
    }

    [Fact, Trait("Rule", "B-TERM-04"), Trait("Rule", "B-COND-07")]
    public void The_request_at_fault_gets_the_condition_and_the_others_other_request()
    {
        var s = Open();
        var first = s.Q(1);
        s.Q(9).ShouldTerminate("item-not-found");
        first.ShouldTerminate("other-request");
    }

    [Fact, Trait("Rule", "B-TERM-04")]
    public void Answers_of_a_failure_leave_in_rid_order()
    {
        var s = Open(c => c with { Hold = "2" });
        ScriptCaller[] callers = [s.Q(1), s.Q(2), s.Q(4), s.Q(9)];
        Assert.Equal(callers, s.Answered.Skip(1));
    }

    // B-COND-05 and B-COND-09 are not in the wire suite: no client can break the server or its way to the backend.
    [Theory, Trait("Rule", "B-TERM-05"), Trait("Rule", "B-COND-05")]
    [Trait("Rule", "B-COND-09"), Trait("Rule", "B-COND-10"), Trait("Rule", "B-COND-12")]
    [InlineData(BoshCondition.RemoteStreamError, "remote-stream-error")]
    [InlineData(BoshCondition.RemoteConnectionFailed, "remote-connection-failed")]
    [InlineData(BoshCondition.InternalServerError, "internal-server-error")]
    [InlineData(BoshCondition.SystemShutdown, "system-shutdown")]
    [InlineData(BoshCondition.UndefinedCondition, "undefined-condition")]
    [InlineData(BoshCondition.None, null)]
    public void An_end_that_finds_nobody_is_told_to_the_next_request_once(BoshCondition condition, string? wire)
    {
        var s = Open();
        s.Close(condition);
        s.Advance(1);
        s.Q(1).ShouldTerminate(wire);
        s.Q(2).ShouldTerminate("item-not-found");
    }

    [Fact, Trait("Rule", "B-TERM-05")]
    public void An_end_that_nobody_asks_about_is_forgotten_after_a_grace()
    {
        var s = Open();
        s.Push("m");
        s.Close(BoshCondition.SystemShutdown);
        s.Advance(9.9);
        Assert.False(s.Session.IsOver);
        s.Advance(0.2);
        Assert.True(s.Session.IsOver);
        Assert.Equal(["m"], s.Backend.Undelivered);
        s.ShouldBeDead(1);
    }

    [Fact, Trait("Rule", "B-TERM-05")]
    public void A_repeat_tells_the_end_too()
    {
        var s = Open();
        s.Kill(s.Q(1));
        s.Close(BoshCondition.SystemShutdown);
        s.Q(1).ShouldTerminate("system-shutdown");
    }

    [Fact, Trait("Rule", "B-TERM-05")]
    public void After_the_end_nothing_more_is_accepted_in_either_direction()
    {
        var s = Open();
        s.Close(BoshCondition.SystemShutdown);
        Assert.True(s.Session.IsEnding);
        s.Push("late");
        s.Q(1, Message("m")).ShouldTerminate("system-shutdown");
        Assert.Empty(s.Backend.Ids);
        Assert.Empty(s.Backend.Undelivered);
    }

    [Fact, Trait("Rule", "B-COND-12")]
    public void A_shutdown_answers_every_open_request()
    {
        var s = Open(c => c with { Hold = "2" });
        ScriptCaller[] callers = [s.Q(1), s.Q(2)];
        s.Close(BoshCondition.SystemShutdown);
        Assert.All(callers, caller => caller.ShouldTerminate("system-shutdown"));
    }

    [Fact, Trait("Rule", "B-TERM-05"), Trait("Rule", "B-TERM-03")]
    public void A_request_parked_when_the_server_ends_the_session_is_told_when_the_gap_is_filled()
    {
        var s = Open();
        var parked = s.Q(2);
        s.Close(BoshCondition.SystemShutdown);
        Assert.True(parked.IsHeld);
        s.Q(1).ShouldTerminate("system-shutdown");
        parked.ShouldTerminate("system-shutdown");
    }

    [Fact, Trait("Rule", "B-TERM-04"), Trait("Rule", "B-TERM-05")]
    public void A_request_parked_for_longer_than_the_grace_is_told_the_reason()
    {
        var s = Open();
        var parked = s.Q(2);
        s.Close(BoshCondition.SystemShutdown);
        s.Advance(10.1);
        parked.ShouldTerminate("system-shutdown");
    }

    [Theory, Trait("Rule", "B-TERM-06")]
    [InlineData("terminate", "remote-stream-error")]
    [InlineData("terminal", null)]
    public void A_terminate_request_may_have_a_condition_or_be_misspelt(string type, string? condition)
    {
        var s = Open();
        s.Q(1, b => b with { Type = type, Condition = condition }).ShouldTerminate(null);
        s.ShouldBeDead(2);
    }

    [Fact, Trait("Rule", "B-TERM-06")]
    public void Other_types_are_ignored()
    {
        var s = Open();
        Assert.True(s.Q(1, b => b with { Type = "error" }).IsHeld);
        Assert.False(s.Session.IsEnding);
    }

    [Fact, Trait("Rule", "B-COND-10"), Trait("Rule", "B-XMPP-10"), Trait("Rule", "B-XMPP-04")]
    public void A_stream_error_ends_the_session_with_a_copy_of_itself()
    {
        var s = Open();
        var first = s.Q(1);
        s.Close(BoshCondition.RemoteStreamError, new("conflict", "Replaced"));
        first.ShouldTerminate("remote-stream-error");
        var error = Assert.Single(first.Body.Elements());
        Assert.Equal(["conflict", "text"], error.Elements().Select(element => element.Name.LocalName));
        Assert.Contains(" xmlns:stream='http://etherx.jabber.org/streams'", first.StartTag, StringComparison.Ordinal);
        Assert.Contains("<stream:error", first.Text, StringComparison.Ordinal);
    }

    [Fact, Trait("Rule", "B-COND-13")]
    public void A_backend_may_end_the_session_for_a_reason_of_its_own()
    {
        var s = Open();
        var first = s.Q(1);
        s.CloseWith(BoshCondition.UndefinedCondition, Stanza.Create("out-of-office", "urn:example:hours", default, []));
        first.ShouldTerminate("undefined-condition");
        Assert.Equal(XName.Get("out-of-office", "urn:example:hours"), Assert.Single(first.Body.Elements()).Name);
    }

    [Fact, Trait("Rule", "B-XMPP-11")]
    public void Queued_stanzas_leave_in_a_normal_answer_before_the_end()
    {
        var s = Open();
        var first = s.Q(1);
        s.Session.Send(Message("m"));
        s.Close(BoshCondition.RemoteStreamError, new("conflict"));
        first.ShouldCarry("m");
        s.Q(2).ShouldTerminate("remote-stream-error");
    }

    [Fact, Trait("Rule", "B-XMPP-11")]
    public void With_two_open_requests_the_second_one_brings_the_end()
    {
        var s = Open(c => c with { Hold = "2" });
        var first = s.Q(1);
        var second = s.Q(2);
        s.Session.Send(Message("m"));
        s.Close(BoshCondition.RemoteStreamError, new("conflict"));
        first.ShouldCarry("m");
        second.ShouldTerminate("remote-stream-error");
    }

    [Fact, Trait("Rule", "B-XMPP-11"), Trait("Rule", "B-TERM-05")]
    public void Several_answers_may_be_needed_before_the_end_is_told()
    {
        var s = Open(settings: TestSettings with { MaxAnswerStanzas = 2 });
        s.Push("a", "b", "c");
        s.Close(BoshCondition.SystemShutdown);
        s.Q(1).ShouldCarry("a", "b");
        s.Q(2).ShouldCarry("c");
        s.Q(3).ShouldTerminate("system-shutdown");
        Assert.Empty(s.Backend.Undelivered);
    }

    [Fact, Trait("Rule", "B-INACT-04"), Trait("Rule", "B-TERM-01")]
    public void Every_kind_of_end_hands_back_what_no_client_has_seen()
    {
        var byClient = Open();
        byClient.Push("a");
        byClient.Terminate(1);
        Assert.Equal(["a"], byClient.Backend.Undelivered);
        var byFault = Open();
        byFault.Push("b");
        byFault.Q(9);
        Assert.Equal(["b"], byFault.Backend.Undelivered);
        var byGap = Open();
        byGap.Q(2);
        byGap.Push("c");
        byGap.Advance(13);
        Assert.Equal(["c"], byGap.Backend.Undelivered);
    }

    [Fact, Trait("Rule", "B-COND-06"), Trait("Rule", "B-KEY-02")]
    public void All_causes_of_item_not_found_look_alike()
    {
        var tooLarge = Open().Q(9);
        var dead = Open();
        dead.Terminate(1);
        var unknown = BoshBodyWriter.Terminate(BoshCondition.ItemNotFound, "a.example");
        var badKey = Open(c => c with { NewKey = "ca393b51b682f61f98e7877d61146407f3d0a770" }).Q(1);
        Assert.All([tooLarge, dead.Q(5), badKey], caller => Assert.Equal(unknown.Entity, caller.Answer!.Entity));
    }

    [Fact, Trait("Rule", "B-ERR-03")]
    public void An_error_in_a_payload_does_not_touch_the_session()
    {
        var s = Open();
        s.Push(StanzaError.ServiceUnavailable.AnswerTo(Ping("p"))!);
        s.Q(1).ShouldCarry("p");
        s.ShouldBeAlive(2);
    }
}
