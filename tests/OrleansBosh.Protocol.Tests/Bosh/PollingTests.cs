using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.7: sessions in which nothing is held.</summary>
public sealed class PollingTests : SessionTests
{
    [Theory, Trait("Rule", "B-POLL-01")]
    [InlineData("0", "1", "2")]
    [InlineData("10", "0", "1")]
    [InlineData("0", "0", "1")]
    public void A_request_is_answered_at_once(string wait, string hold, string requests)
    {
        var s = Open(c => c with { Wait = wait, Hold = hold });
        Assert.Equal(requests, s.Creation.Attribute("requests"));
        s.Q(1).ShouldBeEmpty();
        s.Q(2, Ping("p")).ShouldCarry("p");
        s.Push("m");
        s.Q(3).ShouldCarry("m");
    }

    [Theory, Trait("Rule", "B-POLL-01"), Trait("Rule", "B-HOLD-06")]
    [InlineData("0", "1")]
    [InlineData("10", "0")]
    public void A_reply_within_the_collection_time_is_waited_for(string wait, string hold)
    {
        var s = Open(c => c with { Wait = wait, Hold = hold });
        s.Backend.ConfirmsAtOnce = false;
        var first = s.Q(1, Ping("p"));
        s.Advance(0.05);
        s.Confirm();
        first.ShouldCarry("p");
        var second = s.Q(2, Ping("q"));
        s.Advance(0.2);
        second.ShouldBeEmpty();
    }

    [Theory, Trait("Rule", "B-POLL-02"), Trait("Rule", "B-COND-08")]
    [InlineData("0", "1")]
    [InlineData("10", "0")]
    public void Two_quick_empty_polls_end_the_session(string wait, string hold)
    {
        var s = Open(c => c with { Wait = wait, Hold = hold });
        s.Q(1).ShouldBeEmpty();
        s.Advance(0.5);
        s.Q(2).ShouldTerminate("policy-violation");
        s.ShouldBeDead(3);
    }

    [Fact, Trait("Rule", "B-POLL-03")]
    public void Polls_spaced_as_advertised_are_fine()
    {
        var s = Open(c => c with { Hold = "0" });
        for (var n = 1; n < 5; n++)
        {
            s.Q(n).ShouldBeEmpty();
            s.Advance(2);
        }
    }

    [Fact, Trait("Rule", "B-POLL-03")]
    public void A_quick_poll_after_an_answer_with_payload_is_fine()
    {
        var s = Open(c => c with { Hold = "0" });
        s.Push("m");
        s.Q(1).ShouldCarry("m");
        s.Q(2).ShouldBeEmpty();
    }

    [Fact, Trait("Rule", "B-POLL-03")]
    public void A_quick_poll_with_payload_is_fine_and_so_is_the_one_after_it()
    {
        var s = Open(c => c with { Hold = "0" });
        s.Q(1).ShouldBeEmpty();
        s.Q(2, Message("m")).ShouldBeEmpty();
        s.Q(3).ShouldBeEmpty();
    }

    [Fact, Trait("Rule", "B-POLL-03")]
    public void A_quick_repeat_is_fine()
    {
        var s = Open(c => c with { Hold = "0" });
        s.Q(1).ShouldBeEmpty();
        s.Q(1).ShouldBeEmpty();
        s.Advance(2);
        s.ShouldBeAlive(2);
    }

    [Fact, Trait("Rule", "B-POLL-03")]
    public void A_quick_pause_is_fine()
    {
        var s = Open(c => c with { Hold = "0" });
        s.Q(1);
        s.Pause(2, "5").ShouldBeEmpty();
        s.ShouldBeAlive(3);
    }

    [Fact, Trait("Rule", "B-POLL-03")]
    public void A_quick_terminate_is_fine()
    {
        var s = Open(c => c with { Hold = "0" });
        s.Q(1);
        s.Terminate(2).ShouldTerminate(null);
    }

    [Fact, Trait("Rule", "B-POLL-03")]
    public void A_quick_restart_is_fine()
    {
        var s = Open(c => c with { Hold = "0" });
        s.Q(1);
        s.Q(2, b => b with { Restart = true }).ShouldCarry("features");
        s.ShouldBeAlive(3);
    }

    [Fact, Trait("Rule", "B-POLL-03")]
    public void Polls_that_overtook_each_other_are_not_a_violation()
    {
        // Sent as advertised, but the first one was lost and came again after the second: nobody can tell how far apart they were sent.
        var s = Open(c => c with { Wait = "0" });
        var second = s.Q(2);
        s.Advance(1);
        s.Q(1).ShouldBeEmpty();
        second.ShouldBeEmpty();
        s.Advance(2);
        s.ShouldBeAlive(3);
    }
}
