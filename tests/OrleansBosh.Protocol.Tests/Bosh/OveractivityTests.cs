using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.8: too many requests.</summary>
public sealed class OveractivityTests : SessionTests
{
    [Fact, Trait("Rule", "B-OVER-01"), Trait("Rule", "B-TERM-04"), Trait("Rule", "B-COND-07"), Trait("Rule", "B-COND-08")]
    public void More_unanswered_requests_than_allowed_end_the_session()
    {
        var s = Open(c => c with { Hold = "2" });
        ScriptCaller[] others = [s.Q(1), s.Q(2), s.Q(4)];
        Assert.All(others, caller => Assert.True(caller.IsHeld));
        s.Q(5).ShouldTerminate("policy-violation");
        Assert.All(others, caller => caller.ShouldTerminate("other-request"));
        s.ShouldBeDead(3);
    }

    [Theory, Trait("Rule", "B-OVER-02")]
    [InlineData(true)]
    [InlineData(false)]
    public void One_more_is_accepted_if_it_is_a_terminate_or_pause_request(bool isTerminate)
    {
        var s = Open(c => c with { Hold = "2" });
        s.Q(1);
        s.Q(2);
        s.Q(4);
        var extra = isTerminate ? s.Terminate(5) : s.Pause(5, "3");
        Assert.True(extra.IsHeld);
        Assert.False(s.Session.IsEnding);
    }

    [Fact, Trait("Rule", "B-OVER-01")]
    public void Broken_connections_do_not_count()
    {
        var s = Open(c => c with { Hold = "2" });
        s.Kill(s.Q(1));
        s.Kill(s.Q(2));
        s.Q(4);
        Assert.True(s.Q(5).IsHeld);
        Assert.False(s.Session.IsEnding);
    }

    [Fact, Trait("Rule", "B-OVER-03"), Trait("Rule", "B-OVER-04")]
    public void A_long_row_of_quick_empty_requests_ends_the_session()
    {
        var s = Open();
        for (var n = 1; n <= 4; n++) s.Q(n);
        Assert.False(s.Session.IsEnding);
        ScriptCaller? last = null;
        for (var n = 5; n <= 50 && !s.Session.IsEnding; n++) last = s.Q(n);
        last!.ShouldTerminate("policy-violation");
    }

    [Theory, Trait("Rule", "B-OVER-03")]
    [InlineData(0.3, true)]
    [InlineData(2.1, false)]
    public void Without_tolerance_the_first_quick_empty_request_ends_the_session(double seconds, bool isViolation)
    {
        var s = Open(settings: TestSettings with { MaxQuickEmpties = 0 });
        var first = s.Q(1);
        s.Advance(seconds);
        Assert.True(first.IsHeld);
        var second = s.Q(2);
        if (isViolation) second.ShouldTerminate("policy-violation");
        else Assert.True(second.IsHeld);
        Assert.Equal(isViolation, s.Session.IsEnding);
    }

    [Fact, Trait("Rule", "B-OVER-04")]
    public void A_page_reload_is_no_violation()
    {
        var s = Open(settings: TestSettings with { MaxQuickEmpties = 0 });
        s.Kill(s.Q(1));
        s.Advance(0.3);
        Assert.True(s.Q(2).IsHeld);
        Assert.False(s.Session.IsEnding);
    }

    [Fact, Trait("Rule", "B-OVER-04")]
    public void Empty_requests_that_follow_answers_with_payload_never_count()
    {
        var s = Open();
        for (var n = 1; n <= 100; n++)
        {
            s.Q(n);
            s.Push("m");
        }

        s.ShouldBeAlive(101);
    }

    [Fact, Trait("Rule", "B-OVER-04")]
    public void A_pause_between_quick_requests_forgives_them()
    {
        var s = Open(settings: TestSettings with { MaxQuickEmpties = 3 });
        for (var n = 1; n <= 20; n++)
        {
            s.Q(n);
            if (n % 4 == 0) s.Advance(2);
        }

        s.ShouldBeAlive(21);
    }

    [Theory, Trait("Rule", "B-OVER-05")]
    [InlineData(true)]
    [InlineData(false)]
    public void Endless_repeats_of_one_rid_end_the_session(bool isHeld)
    {
        var s = Open();
        if (isHeld) s.Q(1);
        else s.Q(1, Ping("p"));
        for (var i = 0; i < 3; i++) s.Q(1);
        Assert.False(s.Session.IsEnding);
        ScriptCaller? last = null;
        for (var i = 0; i < 100 && !s.Session.IsEnding; i++) last = s.Q(1);
        last!.ShouldTerminate("policy-violation");
    }

    [Fact, Trait("Rule", "B-OVER-05")]
    public void Endless_repeats_of_a_parked_request_and_of_a_pause_end_the_session()
    {
        var parked = Open();
        for (var i = 0; i < 100 && !parked.Session.IsEnding; i++) parked.Q(2);
        Assert.True(parked.Session.IsEnding);
        var paused = Open();
        for (var i = 0; i < 100 && !paused.Session.IsEnding; i++) paused.Pause(1, "5");
        Assert.True(paused.Session.IsEnding);
    }
}
