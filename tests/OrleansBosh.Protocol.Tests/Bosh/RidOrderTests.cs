using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.4: request ordering and the rid window.</summary>
public sealed class RidOrderTests : SessionTests
{
    [Fact, Trait("Rule", "B-RID-02")]
    public void A_session_may_run_up_to_the_top_of_the_rid_range()
    {
        var s = Open(c => c with { Rid = 9007199254740980 });
        for (var rid = 9007199254740981; rid <= 9007199254740991; rid++)
        {
            s.Q(0, b => b with { Rid = rid }, Ping($"p{rid}")).ShouldCarry($"p{rid}");
        }
    }

    [Fact, Trait("Rule", "B-RID-03")]
    public void Payloads_reach_the_backend_in_rid_order_whatever_the_arrival_order()
    {
        var s = Open();
        s.Q(2, Message("B"));
        s.Advance(0.2);
        Assert.Empty(s.Backend.Ids);
        s.Q(1, Message("A"));
        Assert.Equal(["A", "B"], s.Backend.Ids);
    }

    [Fact, Trait("Rule", "B-RID-04")]
    public void A_parked_request_is_never_answered_before_its_predecessor()
    {
        var s = Open(c => c with { Wait = "3" });
        var second = s.Q(2, Ping("p"));
        s.Advance(4);
        Assert.True(second.IsHeld);
        var first = s.Q(1);
        Assert.Equal([first], s.Answered.Skip(1));
        first.ShouldCarry("p");
        Assert.True(second.IsHeld);
        s.Advance(0);
        second.ShouldBeEmpty(); // its wait is long over
    }

    [Fact, Trait("Rule", "B-RID-05")]
    public void A_request_ahead_in_the_window_is_parked_with_payload_and_connection()
    {
        var s = Open();
        var second = s.Q(2, Message("B"));
        Assert.True(second.IsHeld);
        var first = s.Q(1);
        first.ShouldBeEmpty();
        Assert.True(second.IsHeld);
        Assert.Equal(["B"], s.Backend.Ids);
        s.Push("m");
        second.ShouldCarry("m");
    }

    [Fact, Trait("Rule", "B-RID-06"), Trait("Rule", "B-COND-06")]
    public void A_rid_above_the_window_ends_the_session()
    {
        var s = Open();
        s.Q(3).ShouldTerminate("item-not-found");
        s.ShouldBeDead(1);
    }

    [Theory, Trait("Rule", "B-RID-06")]
    [InlineData("1", 2)]
    [InlineData("2", 3)]
    [InlineData("0", 1)]
    public void The_last_rid_of_the_window_is_accepted(string hold, int last)
    {
        var s = Open(c => c with { Hold = hold });
        var caller = s.Q(last);
        if (last > 1) Assert.True(caller.IsHeld);
        else caller.ShouldBeEmpty();
        Assert.False(s.Session.IsEnding);
    }

    [Fact, Trait("Rule", "B-RID-07"), Trait("Rule", "B-COND-06")]
    public void A_rid_too_old_and_one_too_large_get_the_same_bytes()
    {
        var old = Open();
        for (var n = 1; n <= 4; n++) old.Q(n, Ping($"p{n}"));
        var large = Open();
        Assert.Equal(large.Q(9).Answer!.Entity, old.Q(1).Answer!.Entity);
    }

    [Fact, Trait("Rule", "B-RID-08"), Trait("Rule", "B-OVER-02")]
    public void The_window_is_one_wider_for_terminate()
    {
        var s = Open();
        var terminate = s.Terminate(3);
        Assert.True(terminate.IsHeld);
        var first = s.Q(1);
        var second = s.Q(2, Message("m"));
        first.ShouldTerminate(null);
        second.ShouldBeEmpty();
        terminate.ShouldBeEmpty();
        Assert.Equal(["m"], s.Backend.Ids);
    }

    [Fact, Trait("Rule", "B-RID-08"), Trait("Rule", "B-OVER-02")]
    public void The_window_is_one_wider_for_pause()
    {
        var s = Open();
        var pause = s.Pause(3, "5");
        Assert.True(pause.IsHeld);
        ScriptCaller[] callers = [s.Q(1), s.Q(2), pause];
        Assert.Equal(callers, s.Answered.Skip(1));
        Assert.All(callers, caller => caller.ShouldBeEmpty());
        s.ShouldBeAlive(4);
    }

    [Fact, Trait("Rule", "B-RID-08")]
    public void Two_above_the_window_is_too_much_even_for_terminate()
    {
        var s = Open();
        s.Terminate(4).ShouldTerminate("item-not-found");
    }

    [Fact, Trait("Rule", "B-RID-09"), Trait("Rule", "B-ERR-02")]
    public void A_gap_that_is_never_filled_ends_the_session_after_wait_and_inactivity()
    {
        var s = Open(c => c with { Wait = "3" });
        var parked = s.Q(2);
        s.Advance(4.9);
        Assert.True(parked.IsHeld);
        s.Advance(0.2);
        parked.ShouldTerminate("item-not-found");
        s.ShouldBeDead(1);
    }

    [Fact, Trait("Rule", "B-RID-09")]
    public void A_gap_that_is_filled_in_time_harms_nobody()
    {
        var s = Open(c => c with { Wait = "3" });
        s.Q(2);
        s.Advance(4.9);
        s.Q(1);
        s.Advance(1);
        s.ShouldBeAlive(3);
    }

    [Fact, Trait("Rule", "B-RID-06"), Trait("Rule", "P-RT-13")]
    public void A_new_page_that_goes_on_behind_a_rid_that_never_left_the_old_one_is_out_of_the_window_soon()
    {
        var s = Open();
        var first = s.Q(1);
        s.Kill(first);
        // Rid 2 was given to a request of the old page that was never sent. Nobody can know that, so the server waits for it.
        var third = s.Q(3);
        Assert.True(third.IsHeld);
        s.Q(4).ShouldTerminate("item-not-found");
    }

    [Fact, Trait("Rule", "B-RTX-06"), Trait("Rule", "P-RT-13")]
    public void A_new_page_that_begins_at_the_first_unanswered_rid_meets_no_gap_and_misses_nothing()
    {
        var s = Open();
        var first = s.Q(1);
        s.Kill(first);
        s.Push("m");
        s.Q(1).ShouldCarry("m");
        Assert.True(s.Q(2).IsHeld);
        s.Q(3);
        s.ShouldBeAlive(4);
    }
}
