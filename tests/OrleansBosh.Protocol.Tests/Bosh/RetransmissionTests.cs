using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.12: repeated requests and broken connections.</summary>
public sealed class RetransmissionTests : SessionTests
{
    [Fact, Trait("Rule", "B-RTX-01"), Trait("Rule", "B-RTX-05")]
    public void A_repeat_of_an_answered_rid_gets_the_same_bytes_and_executes_nothing()
    {
        var s = Open();
        var first = s.Q(1, Message("m"));
        s.Q(2);
        Assert.NotNull(first.Attribute("ack"));
        var repeat = s.Q(1, Message("m"));
        Assert.Equal(first.Answer!.Entity, repeat.Answer!.Entity);
        Assert.Equal(["m"], s.Backend.Ids);
    }

    [Theory, Trait("Rule", "B-RTX-02")]
    [InlineData(3, "p3")]
    [InlineData(2, null)]
    public void Exactly_the_last_answers_are_kept(int n, string? payload)
    {
        var s = Open();
        for (var i = 1; i <= 4; i++) s.Q(i, Ping($"p{i}"));
        s.Q(4).ShouldCarry("p4");
        var repeat = s.Q(n);
        if (payload is null) repeat.ShouldTerminate("item-not-found");
        else repeat.ShouldCarry(payload);
    }

    [Fact, Trait("Rule", "B-RTX-03"), Trait("Rule", "B-CRE-05")]
    public void The_creation_answer_and_a_restart_are_repeated_without_being_done_again()
    {
        var s = Create();
        Assert.Equal(s.Creation.Text, s.Q(0).Text);
        var restart = s.Q(1, b => b with { Restart = true });
        Assert.Equal(restart.Text, s.Q(1, b => b with { Restart = true }).Text);
        Assert.Equal(1, s.Backend.Restarts);
    }

    [Fact, Trait("Rule", "B-RTX-03")]
    public void An_empty_answer_is_repeated()
    {
        var s = Open(c => c with { Wait = "3" });
        var first = s.Q(1);
        s.Advance(3);
        s.Push("m");
        Assert.Equal(first.Text, s.Q(1).Text);
        s.Q(2).ShouldCarry("m");
    }

    [Fact, Trait("Rule", "B-RTX-03")]
    public void An_answer_that_could_not_be_written_is_kept()
    {
        // The connection breaks after the answer was decided: the engine hears nothing of it, and the client asks again.
        var s = Open();
        var first = s.Q(1);
        s.Push("m");
        s.Session.Abandon(first.Ticket, s.Now);
        s.Q(1).ShouldCarry("m");
    }

    [Fact, Trait("Rule", "B-RTX-04"), Trait("Rule", "B-ERR-01")]
    public void The_repeat_of_a_held_rid_inherits_its_place()
    {
        var s = Open();
        var older = s.Q(1);
        s.Advance(5);
        var newer = s.Q(1);
        older.ShouldBeSuperseded();
        Assert.True(newer.IsHeld);
        s.Push("m");
        newer.ShouldCarry("m");
        s.Q(1).ShouldCarry("m"); // and not the answer to the superseded caller
        s.ShouldBeAlive(2);
    }

    [Fact, Trait("Rule", "B-RTX-04"), Trait("Rule", "B-WAIT-01")]
    public void The_repeat_of_a_held_rid_has_its_own_wait()
    {
        var s = Open();
        s.Q(1);
        s.Advance(5);
        var newer = s.Q(1);
        s.Advance(9.4);
        Assert.True(newer.IsHeld);
        s.Advance(0.2);
        newer.ShouldBeEmpty();
    }

    [Fact, Trait("Rule", "B-RTX-04"), Trait("Rule", "B-RTX-05")]
    public void The_repeat_of_a_parked_rid_inherits_its_place()
    {
        var s = Open();
        var older = s.Q(2, Message("m"));
        var newer = s.Q(2, Message("other"));
        older.ShouldBeSuperseded();
        Assert.True(newer.IsHeld);
        s.Q(1);
        s.Push("n");
        newer.ShouldCarry("n");
        Assert.Equal(["m"], s.Backend.Ids);
    }

    [Fact, Trait("Rule", "B-RTX-05")]
    public void The_repeat_of_a_held_rid_executes_nothing_whatever_it_carries()
    {
        var s = Open();
        s.Q(1, Message("m"));
        s.Q(1, Message("other"));
        Assert.Equal(["m"], s.Backend.Ids);
        s.Terminate(1);
        Assert.False(s.Session.IsEnding);
    }

    [Fact, Trait("Rule", "B-RTX-06")]
    public void A_broken_request_consumes_no_stanzas_and_its_repeat_gets_them()
    {
        var s = Open();
        s.Kill(s.Q(1));
        s.Push("m");
        s.Q(1).ShouldCarry("m");
    }

    [Fact, Trait("Rule", "B-RTX-06")]
    public void The_repeat_of_a_broken_request_is_held_again()
    {
        var s = Open();
        s.Kill(s.Q(1));
        var repeat = s.Q(1);
        Assert.True(repeat.IsHeld);
        s.Push("m");
        repeat.ShouldCarry("m");
    }

    [Fact, Trait("Rule", "B-RTX-06")]
    public void A_client_that_moves_on_gets_the_stanzas_on_its_new_request()
    {
        var s = Open();
        s.Kill(s.Q(1));
        s.Push("m");
        s.Q(2).ShouldCarry("m");
        s.Q(1).ShouldBeEmpty();
    }

    [Fact, Trait("Rule", "B-RTX-06")]
    public void With_hold_two_payload_skips_the_broken_request()
    {
        var s = Open(c => c with { Hold = "2" });
        s.Kill(s.Q(1));
        var second = s.Q(2);
        s.Push("m");
        second.ShouldCarry("m");
        s.Q(1).ShouldBeEmpty();
    }

    [Fact, Trait("Rule", "B-RTX-06")]
    public void Page_after_page_may_be_reloaded()
    {
        var s = Open(c => c with { Wait = "60" });
        for (var n = 1; n < 20; n++)
        {
            s.Kill(s.Q(n));
            s.Advance(1);
        }

        s.Push("m");
        s.Q(20).ShouldCarry("m");
    }

    [Fact, Trait("Rule", "B-RTX-06"), Trait("Rule", "B-POLL-01")]
    public void A_poll_that_broke_before_its_answer_loses_nothing()
    {
        var s = Open(c => c with { Hold = "0" });
        s.Backend.ConfirmsAtOnce = false;
        s.Kill(s.Q(1, Ping("p")));
        s.Confirm();
        s.Q(1).ShouldBeEmpty();
        s.Q(2).ShouldCarry("p");
    }

    [Fact, Trait("Rule", "B-RTX-07")]
    public void A_repeated_terminate_gets_the_same_answer_for_a_while()
    {
        var s = Open();
        var terminate = s.Terminate(1);
        s.Advance(5);
        Assert.Equal(terminate.Text, s.Terminate(1).Text);
        s.ShouldBeDead(2);
        s.Advance(6);
        Assert.True(s.Session.IsOver);
    }

    [Fact, Trait("Rule", "B-RTX-07"), Trait("Rule", "B-TERM-02")]
    public void A_terminate_whose_connection_broke_is_told_on_its_repeat()
    {
        // A pause answers whatever was open, so nobody is left who could be told when the terminate behind it is processed.
        var s = Open();
        s.Kill(s.Terminate(2));
        s.Pause(1, "5").ShouldBeEmpty();
        Assert.True(s.Session.IsEnding);
        s.Terminate(2).ShouldTerminate(null);
    }
}
