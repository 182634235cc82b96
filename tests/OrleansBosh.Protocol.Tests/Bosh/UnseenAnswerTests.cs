using OrleansBosh.Protocol.Bosh;
using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>
/// What was written to a connection that had died without anybody noticing: when its session ends by inactivity, it goes back to the
/// backend, unless the client has shown that it got it.
/// </summary>
public sealed class UnseenAnswerTests : SessionTests
{
    [Fact, Trait("Rule", "B-INACT-04")]
    public void What_left_in_the_last_answer_goes_back_ahead_of_what_was_queued()
    {
        var s = Open(c => c with { Hold = "2" });
        ScriptCaller[] held = [s.Q(1), s.Q(2)];
        s.Push("a", "b");
        s.Push("c");
        s.Push("d");
        held[0].ShouldCarry("a", "b");
        held[1].ShouldCarry("c");
        ShouldHandBack(s, "a", "b", "c", "d");
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public void A_later_request_shows_that_the_answers_before_it_have_arrived()
    {
        var s = Open();
        s.Q(1);
        s.Push("a");
        var next = s.Q(2);
        s.Push("b");
        next.ShouldCarry("b");
        ShouldHandBack(s, "b");
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public void A_later_request_shows_it_even_if_its_own_connection_breaks_or_it_waits_behind_a_gap()
    {
        var broken = Open();
        broken.Q(1);
        broken.Push("a");
        broken.Kill(broken.Q(2));
        ShouldHandBack(broken);
        var parked = Open();
        parked.Q(1);
        parked.Push("a");
        parked.Kill(parked.Q(3));
        ShouldHandBack(parked);
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public void A_request_that_had_come_before_the_answer_left_shows_nothing()
    {
        var open = Open(c => c with { Hold = "2" });
        var first = open.Q(1);
        open.Kill(open.Q(2));
        open.Push("a");
        first.ShouldCarry("a");
        ShouldHandBack(open, "a");
        var gap = Open(c => c with { Hold = "2" });
        gap.Q(1);
        gap.Kill(gap.Q(3));
        gap.Push("a");
        gap.Kill(gap.Q(2)); // sent before Q(3), whenever it comes
        ShouldHandBack(gap, "a");
    }

    [Fact, Trait("Rule", "B-INACT-04"), Trait("Rule", "B-RTX-01")]
    public void Who_asks_for_an_answer_again_did_not_have_it_whatever_has_come_since()
    {
        var s = Open();
        s.Q(1);
        s.Push("a");
        s.Q(2, Ping("p")).ShouldCarry("p");
        s.Q(1).ShouldCarry("a");
        ShouldHandBack(s, "a", "p");
        var alive = Open();
        alive.Q(1);
        alive.Push("a");
        alive.Q(1).ShouldCarry("a");
        alive.Kill(alive.Q(2));
        ShouldHandBack(alive);
    }

    [Fact, Trait("Rule", "B-INACT-04"), Trait("Rule", "B-ACK-05")]
    public void A_client_that_acknowledges_is_taken_at_its_word()
    {
        var s = Open(c => c with { Ack = "1" });
        s.Q(1);
        s.Push("a");
        s.Q(2, b => b with { Ack = $"{R0}" });
        s.Push("b");
        s.Q(3, b => b with { Ack = $"{R0 + 1}" });
        s.Push("c");
        ShouldHandBack(s, "b", "c");
        var parked = Open(c => c with { Ack = "1" });
        parked.Q(1);
        parked.Push("a");
        parked.Kill(parked.Q(3, b => b with { Ack = $"{R0 + 1}" }));
        ShouldHandBack(parked);
    }

    [Fact, Trait("Rule", "B-INACT-04"), Trait("Rule", "B-ACK-07")]
    public void What_a_report_carried_goes_back_too()
    {
        var s = Open(c => c with { Ack = "1", Wait = "60" }, TestSettings with { Inactivity = TimeSpan.FromSeconds(10) });
        s.Q(1, Ping("p"));
        s.Push("a");
        s.Advance(3);
        s.Q(2, b => b with { Ack = $"{R0}" }).ShouldCarry("a");
        ShouldHandBack(s, "p", "a");
    }

    [Fact, Trait("Rule", "B-INACT-04"), Trait("Rule", "B-ACK-06")]
    public void No_more_goes_back_than_the_cache_of_answers_holds()
    {
        var s = Open(c => c with { Ack = "1" }, TestSettings with { MaxCachedAnswers = 2 });
        for (var n = 1; n <= 4; n++) s.Q(n, b => b with { Ack = $"{R0}" }, Ping($"p{n}")).ShouldCarry($"p{n}");
        ShouldHandBack(s, "p3", "p4");
    }

    [Theory, Trait("Rule", "B-INACT-04"), Trait("Rule", "B-POLL-01")]
    [InlineData("10", "0")]
    [InlineData("0", "1")]
    public void A_client_that_polls_would_have_been_silent_anyway(string wait, string hold)
    {
        var s = Open(c => c with { Wait = wait, Hold = hold });
        s.Push("a");
        s.Q(1).ShouldCarry("a");
        s.Push("b");
        ShouldHandBack(s, "b");
    }

    [Fact, Trait("Rule", "B-INACT-04"), Trait("Rule", "B-PAUSE-03")]
    public void A_pause_shows_that_everything_before_it_has_arrived()
    {
        var s = Open();
        s.Q(1);
        s.Push("a");
        s.Pause(2, "6");
        s.Push("b");
        s.Advance(6.1);
        Assert.Equal(["b"], s.Backend.Undelivered);
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public void Other_ends_hand_back_only_what_was_queued()
    {
        var s = Open();
        s.Q(1);
        s.Push("a");
        s.Push("b");
        s.Q(9);
        Assert.Equal(["b"], s.Backend.Undelivered);
    }

    /// <summary>Its user has logged in anew and taken its resource, for example.</summary>
    [Fact, Trait("Rule", "B-INACT-04")]
    public void A_session_whose_end_nobody_fetches_is_as_silent_as_one_that_is_inactive()
    {
        var s = Open();
        s.Q(1);
        s.Push("a");
        s.Push("b");
        s.Close(BoshCondition.RemoteStreamError, new("conflict"));
        ShouldHandBack(s, "a", "b");
        var fetched = Open();
        fetched.Q(1);
        fetched.Push("a");
        fetched.Close(BoshCondition.RemoteStreamError, new("conflict"));
        fetched.Q(2).ShouldTerminate("remote-stream-error");
        fetched.Advance(15);
        Assert.Equal(SessionEndCause.Server, fetched.Session.Ended!.Value.Cause);
        Assert.Empty(fetched.Backend.Undelivered);
    }

    [Fact, Trait("Rule", "B-INACT-04"), Trait("Rule", "B-ACK-05")]
    public void What_is_acknowledged_while_the_end_is_fetched_does_not_go_back()
    {
        var s = Open(c => c with { Ack = "1" });
        s.Q(1);
        s.Push("a");
        s.Push("b");
        s.Close(BoshCondition.RemoteStreamError, new("conflict"));
        s.Q(2, b => b with { Ack = $"{R0 + 1}" }).ShouldCarry("b");
        ShouldHandBack(s, "b");
    }

    [Fact, Trait("Rule", "B-INACT-04"), Trait("Rule", "B-RID-09")]
    public void Behind_a_gap_a_dead_connection_looks_like_a_caller_that_waits()
    {
        var s = Open(c => c with { Wait = "10" });
        s.Q(1);
        s.Q(3);
        s.Push("a");
        s.Advance(120);
        Assert.Equal(SessionEndCause.Gap, s.Session.Ended!.Value.Cause);
        Assert.Equal(["a"], s.Backend.Undelivered);
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public void Elements_of_the_stream_are_nothing_to_hand_back()
    {
        var s = Create(payload: Auth());
        s.Creation.ShouldCarry("features");
        ShouldHandBack(s);
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public void What_the_client_has_shown_moves_with_its_session()
    {
        var unseen = Open();
        unseen.Q(1);
        unseen.Push("a");
        unseen.Crash();
        ShouldHandBack(unseen, "a");
        var seen = Open();
        seen.Q(1);
        seen.Push("a");
        seen.Q(2);
        seen.Crash();
        ShouldHandBack(seen);
    }

    private static void ShouldHandBack(SessionScript s, params string[] ids)
    {
        s.Advance(15);
        Assert.Equal(SessionEndCause.Inactivity, s.Session.Ended!.Value.Cause);
        Assert.Equal(ids, s.Backend.Undelivered);
    }
}
