using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.9: pause.</summary>
public sealed class PauseTests : SessionTests
{
    [Fact, Trait("Rule", "B-PAUSE-01")]
    public void A_pause_answers_all_open_requests_in_order_itself_included()
    {
        var s = Open(c => c with { Hold = "2" });
        ScriptCaller[] callers = [s.Q(1), s.Q(2), s.Pause(3, "5")];
        Assert.Equal(callers, s.Answered.Skip(1));
        Assert.All(callers, caller => caller.ShouldBeEmpty());
    }

    [Fact, Trait("Rule", "B-PAUSE-02")]
    public void The_pause_answer_carries_nothing_and_stanzas_wait_for_the_next_request()
    {
        var s = Open();
        s.Push("before");
        var pause = s.Pause(1, "5");
        pause.ShouldBeEmpty();
        s.Push("during");
        s.Q(2).ShouldCarry("before", "during");
    }

    [Fact, Trait("Rule", "B-PAUSE-03")]
    public void A_paused_session_lives_as_long_as_the_pause()
    {
        var s = Open();
        s.Pause(1, "5");
        s.Advance(4.9);
        s.ShouldBeAlive(2);
    }

    [Theory, Trait("Rule", "B-PAUSE-03")]
    [InlineData("5", 5)]
    [InlineData("1", 1)]
    [InlineData("0", 2)]
    public void A_paused_session_ends_with_its_pause(string pause, double seconds)
    {
        var s = Open();
        s.Pause(1, pause);
        s.Advance(seconds - 0.1);
        Assert.False(s.Session.IsEnding);
        s.Advance(0.2);
        s.ShouldBeDead(2);
    }

    [Fact, Trait("Rule", "B-PAUSE-03")]
    public void The_next_request_restores_the_usual_limit()
    {
        var s = Open(c => c with { Wait = "1" });
        s.Pause(1, "5");
        s.Advance(4);
        s.Q(2);
        s.Advance(1 + 1.8);
        Assert.False(s.Session.IsEnding);
        s.Advance(0.3);
        s.ShouldBeDead(3);
    }

    [Fact, Trait("Rule", "B-PAUSE-04"), Trait("Rule", "B-COND-08")]
    public void A_pause_that_is_too_long_ends_the_session()
    {
        var s = Open();
        s.Pause(1, "600").ShouldTerminate("policy-violation");
        s.ShouldBeDead(2);
    }

    [Theory, Trait("Rule", "B-PAUSE-04"), Trait("Rule", "B-COND-01")]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("")]
    public void A_pause_that_is_no_number_is_a_bad_request(string pause) => Open().Pause(1, pause).ShouldTerminate("bad-request");

    [Fact, Trait("Rule", "B-PAUSE-04"), Trait("Rule", "B-ATT-08")]
    public void Without_maxpause_the_attribute_is_ignored()
    {
        var s = Open(settings: TestSettings with { MaxPause = TimeSpan.Zero });
        Assert.Null(s.Creation.Attribute("maxpause"));
        Assert.True(s.Pause(1, "600").IsHeld);
        Assert.Equal("6", Open().Creation.Attribute("maxpause"));
    }

    [Fact, Trait("Rule", "B-PAUSE-05")]
    public void A_pause_takes_effect_in_rid_order_and_its_payload_is_processed()
    {
        var s = Open();
        var pause = s.Pause(2, "5", Message("m"));
        Assert.True(pause.IsHeld);
        Assert.Empty(s.Backend.Ids);
        var first = s.Q(1);
        Assert.Equal(["m"], s.Backend.Ids);
        first.ShouldBeEmpty();
        pause.ShouldBeEmpty();
    }

    [Fact, Trait("Rule", "B-PAUSE-05"), Trait("Rule", "B-PAUSE-02")]
    public void The_reply_to_a_payload_of_a_pause_waits_for_the_next_request()
    {
        var s = Open();
        s.Pause(1, "5", Ping("p")).ShouldBeEmpty();
        s.Q(2).ShouldCarry("p");
    }

    [Theory, Trait("Rule", "B-PAUSE-06"), Trait("Rule", "B-RTX-03")]
    [InlineData("5")]
    [InlineData("0")]
    public void A_repeated_pause_is_answered_again_and_takes_no_place_in_the_cache(string seconds)
    {
        var s = Open();
        var first = s.Q(1, Ping("p"));
        var second = s.Q(2, Ping("q"));
        s.Pause(3, seconds).ShouldBeEmpty();
        s.Pause(3, seconds).ShouldBeEmpty();
        Assert.Equal(first.Text, s.Q(1).Text);
        Assert.Equal(second.Text, s.Q(2).Text);
        s.ShouldBeAlive(4);
    }

    [Fact, Trait("Rule", "B-PAUSE-06")]
    public void A_repeated_pause_does_not_execute_its_payload_again()
    {
        var s = Open();
        s.Pause(1, "5", Message("m"));
        s.Pause(1, "5", Message("m"));
        Assert.Equal(["m"], s.Backend.Ids);
    }

    [Fact, Trait("Rule", "B-PAUSE-06")]
    public void A_pause_that_is_not_the_latest_request_cannot_be_repeated()
    {
        var s = Open();
        s.Pause(1, "5");
        s.Q(2);
        s.Pause(1, "5").ShouldTerminate("item-not-found");
    }

    [Fact, Trait("Rule", "B-TERM-06")]
    public void A_terminate_request_with_a_pause_terminates()
    {
        var s = Open();
        s.Q(1, b => b with { Type = "terminate", Pause = "5" }).ShouldTerminate(null);
        s.ShouldBeDead(2);
    }
}
