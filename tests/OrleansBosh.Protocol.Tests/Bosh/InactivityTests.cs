using OrleansBosh.Protocol.Bosh;
using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.10: clients that stay away.</summary>
public sealed class InactivityTests : SessionTests
{
    [Fact, Trait("Rule", "B-INACT-01")]
    public void A_session_whose_client_stays_away_ends_silently()
    {
        var s = Open();
        s.Q(1, Ping("p"));
        s.Advance(1.9);
        s.Q(2, Ping("q")).ShouldCarry("q");
        s.Advance(2);
        Assert.True(s.Session.IsOver);
        Assert.True(s.Backend.IsClosed);
        s.ShouldBeDead(3);
    }

    [Fact, Trait("Rule", "B-INACT-01"), Trait("Rule", "B-ATT-07")]
    public void A_polling_session_has_the_longer_limit_that_it_was_told()
    {
        var s = Open(c => c with { Wait = "0" });
        Assert.Equal("5", s.Creation.Attribute("inactivity"));
        s.Advance(4.9);
        Assert.False(s.Session.IsEnding);
        s.Advance(0.2);
        Assert.True(s.Session.IsOver);
    }

    [Fact, Trait("Rule", "B-INACT-02")]
    public void The_clock_does_not_run_while_a_request_is_held_and_starts_with_its_answer()
    {
        var s = Open();
        var first = s.Q(1);
        s.Advance(9.5);
        first.ShouldBeEmpty();
        s.Advance(1.9);
        s.ShouldBeAlive(2);
    }

    [Fact, Trait("Rule", "B-INACT-02")]
    public void The_clock_does_not_run_while_a_request_is_parked()
    {
        var s = Open();
        s.Q(2);
        s.Advance(5);
        s.Q(1);
        s.ShouldBeAlive(3);
    }

    [Fact, Trait("Rule", "B-INACT-02")]
    public void A_repeat_restarts_the_clock()
    {
        var s = Open();
        s.Q(1, Ping("p"));
        s.Advance(1.5);
        s.Q(1);
        s.Advance(1.5);
        s.ShouldBeAlive(2);
    }

    [Fact, Trait("Rule", "B-INACT-02")]
    public void A_push_does_not_restart_the_clock()
    {
        var s = Open();
        s.Q(1, Ping("p"));
        s.Advance(1.5);
        s.Push("m");
        s.Advance(0.6);
        s.ShouldBeDead(2);
    }

    [Fact, Trait("Rule", "B-INACT-03")]
    public void The_loss_of_the_only_held_request_starts_the_clock()
    {
        var s = Open(c => c with { Wait = "30" });
        var first = s.Q(1);
        s.Advance(5);
        s.Kill(first);
        s.Advance(1.9);
        Assert.False(s.Session.IsEnding);
        s.Advance(0.2);
        Assert.True(s.Session.IsOver);
    }

    [Fact, Trait("Rule", "B-INACT-03")]
    public void The_loss_of_a_parked_request_starts_the_clock_too()
    {
        var s = Open(c => c with { Wait = "30" });
        s.Kill(s.Q(2));
        s.Advance(2.1);
        Assert.True(s.Session.IsOver);
    }

    [Fact, Trait("Rule", "B-INACT-03")]
    public void The_loss_of_one_of_two_held_requests_does_not()
    {
        var s = Open(c => c with { Wait = "30", Hold = "2" });
        s.Kill(s.Q(1));
        s.Q(2);
        s.Advance(5);
        Assert.False(s.Session.IsEnding);
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public void What_nobody_fetched_goes_back_to_the_backend()
    {
        var s = Open();
        s.Push("a", "b");
        s.Advance(3);
        Assert.Equal(["a", "b"], s.Backend.Undelivered);
    }

    [Fact, Trait("Rule", "B-CRE-11")]
    public void A_session_that_never_binds_has_a_bounded_life_however_much_it_polls()
    {
        var s = Create(c => c with { Wait = "5" });
        for (var n = 1; n <= 12; n++)
        {
            s.Q(n);
            s.Advance(4.9);
            Assert.False(s.Session.IsEnding);
        }

        var last = s.Q(13);
        s.Advance(2);
        last.ShouldTerminate("policy-violation");
    }

    [Fact, Trait("Rule", "B-CRE-11")]
    public void A_session_that_nobody_uses_ends_after_inactivity()
    {
        var s = Create();
        s.Advance(2.1);
        Assert.True(s.Session.IsOver);
    }

    [Fact, Trait("Rule", "B-INACT-02")]
    public void A_client_is_live_while_it_waits_and_for_a_grace_after_an_answer()
    {
        var s = Open(settings: TestSettings with { Inactivity = TimeSpan.FromSeconds(60) });
        var grace = TimeSpan.FromSeconds(5);
        s.Q(1);
        s.Advance(9.4);
        Assert.True(s.Session.IsLive(grace, s.Now));
        s.Advance(5);
        Assert.True(s.Session.IsLive(grace, s.Now));
        s.Advance(1);
        Assert.False(s.Session.IsLive(grace, s.Now));
        s.Q(1); // the answer is sent again: its client is there
        Assert.True(s.Session.IsLive(grace, s.Now));
        s.Close(BoshCondition.None);
        Assert.False(s.Session.IsLive(grace, s.Now));
    }
}
