using OrleansBosh.Protocol.Xmpp;
using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.5 and 1.6: holding, answering, and the end of the wait.</summary>
public sealed class HoldingTests : SessionTests
{
    [Fact, Trait("Rule", "B-HOLD-01")]
    public void A_request_is_held_until_there_is_payload()
    {
        var s = Open();
        var first = s.Q(1);
        s.Advance(1);
        Assert.True(first.IsHeld);
        s.Push("m");
        first.ShouldCarry("m");
    }

    [Fact, Trait("Rule", "B-HOLD-02")]
    public void A_new_request_releases_the_held_one_at_once()
    {
        var s = Open();
        var first = s.Q(1);
        var second = s.Q(2);
        first.ShouldBeEmpty();
        Assert.True(second.IsHeld);
    }

    [Fact, Trait("Rule", "B-HOLD-02")]
    public void With_hold_two_the_third_request_releases_the_first()
    {
        var s = Open(c => c with { Hold = "2" });
        var first = s.Q(1);
        var second = s.Q(2);
        Assert.True(first.IsHeld);
        var third = s.Q(3);
        first.ShouldBeEmpty();
        Assert.True(second.IsHeld);
        Assert.True(third.IsHeld);
    }

    [Fact, Trait("Rule", "B-HOLD-03")]
    public void Payload_goes_on_the_lowest_open_rid()
    {
        var s = Open(c => c with { Hold = "2" });
        var first = s.Q(1);
        var second = s.Q(2);
        s.Push("m");
        first.ShouldCarry("m");
        Assert.True(second.IsHeld);
    }

    [Fact, Trait("Rule", "B-HOLD-04")]
    public void Queued_stanzas_leave_together_and_in_order()
    {
        var s = Open();
        s.Push("a");
        s.Push("b");
        s.Push("c");
        s.Q(1).ShouldCarry("a", "b", "c");
    }

    [Fact, Trait("Rule", "B-HOLD-04")]
    public void A_cap_on_stanzas_leaves_the_rest_for_the_next_answer()
    {
        var s = Open(settings: TestSettings with { MaxAnswerStanzas = 2 });
        s.Push("a", "b", "c");
        s.Q(1).ShouldCarry("a", "b");
        s.Q(2).ShouldCarry("c");
    }

    [Fact, Trait("Rule", "B-HOLD-04")]
    public void A_cap_on_bytes_leaves_the_rest_but_a_single_large_stanza_goes()
    {
        var s = Open(settings: TestSettings with { MaxAnswerBytes = 300 });
        s.Push(Message("large", new string('x', 1000)));
        s.Push("a", "b", "c");
        s.Q(1).ShouldCarry("large");
        s.Q(2).ShouldCarry("a", "b");
        s.Q(3).ShouldCarry("c");
    }

    [Fact, Trait("Rule", "B-HOLD-05")]
    public void Client_payload_is_forwarded_while_its_request_is_held()
    {
        var s = Open();
        var first = s.Q(1, Message("m"));
        Assert.True(first.IsHeld);
        Assert.Equal(["m"], s.Backend.Ids);
        s.Advance(10);
        first.ShouldBeEmpty();
        Assert.Equal(200, first.Answer!.Status);
    }

    [Fact, Trait("Rule", "B-HOLD-06")]
    public void An_immediate_reply_rides_the_answer_of_the_older_request()
    {
        var s = Open();
        var first = s.Q(1);
        var second = s.Q(2, Ping("p"));
        first.ShouldCarry("p");
        Assert.True(second.IsHeld);
    }

    [Fact, Trait("Rule", "B-HOLD-06")]
    public void A_reply_within_the_collection_time_rides_it_too()
    {
        var s = Open();
        var first = s.Q(1);
        s.Backend.ConfirmsAtOnce = false;
        s.Q(2, Ping("p"));
        s.Advance(0.09);
        Assert.True(first.IsHeld);
        s.Confirm();
        first.ShouldCarry("p");
    }

    [Fact, Trait("Rule", "B-HOLD-06")]
    public void Two_replies_to_one_request_leave_in_one_answer()
    {
        var s = Open();
        s.Q(1, Ping("p"), Ping("q")).ShouldCarry("p", "q");
    }

    [Fact, Trait("Rule", "B-HOLD-02")]
    public void A_slow_backend_delays_the_release_by_the_collection_time_only()
    {
        var s = Open();
        var first = s.Q(1);
        s.Backend.ConfirmsAtOnce = false;
        var second = s.Q(2, Ping("p"));
        s.Advance(0.2);
        first.ShouldBeEmpty();
        Assert.True(second.IsHeld);
        s.Confirm();
        second.ShouldCarry("p");
    }

    [Fact, Trait("Rule", "B-HOLD-07")]
    public void During_negotiation_the_only_open_request_waits_for_its_reply()
    {
        var backend = new ScriptBackend();
        var s = Create(backend: backend);
        backend.Replies = ScriptBackend.Silence;
        var auth = s.Q(1, Auth());
        s.Advance(0.3);
        Assert.True(auth.IsHeld);
        s.Push(Stanza.Create("challenge", Ns.Sasl, default, []));
        auth.ShouldCarry("challenge");
        var restart = s.Q(2, b => b with { Restart = true });
        s.Advance(0.3);
        s.Push(ScriptBackend.Features);
        restart.ShouldCarry("features");
    }

    [Fact, Trait("Rule", "B-HOLD-07")]
    public void During_negotiation_a_slow_confirmation_is_waited_for()
    {
        var s = Create();
        s.Backend.ConfirmsAtOnce = false;
        var bind = s.Q(1, Ping("bind"));
        s.Advance(0.3);
        Assert.True(bind.IsHeld);
        s.Confirm();
        bind.ShouldCarry("bind");
    }

    [Fact, Trait("Rule", "B-WAIT-01"), Trait("Rule", "B-WAIT-02")]
    public void A_held_request_is_answered_empty_shortly_before_its_wait_is_over()
    {
        var s = Open(c => c with { Wait = "3" });
        var first = s.Q(1);
        s.Advance(2.8);
        Assert.True(first.IsHeld);
        s.Advance(0.2);
        first.ShouldBeEmpty();
        Assert.True(s.Now - first.AnsweredAt > TimeSpan.FromSeconds(0.1));
        s.ShouldBeAlive(2);
    }

    [Fact, Trait("Rule", "B-WAIT-03")]
    public void The_shipped_maximum_is_answered_before_usual_proxies_lose_patience()
    {
        var s = Open(c => c with { Wait = "99999" }, settings: new());
        var start = s.Now;
        var first = s.Q(1);
        s.Advance(60);
        first.ShouldBeEmpty();
        Assert.InRange(first.AnsweredAt - start, TimeSpan.Zero, TimeSpan.FromSeconds(59));
    }

    [Theory, Trait("Rule", "B-WAIT-02")]
    [InlineData("5", 4.75)]
    [InlineData("20", 19)]
    [InlineData("60", 59)]
    public void The_answer_leaves_early_by_five_percent_but_a_second_at_most(string wait, double seconds)
    {
        var s = Open(c => c with { Wait = wait });
        var start = s.Now;
        var first = s.Q(1);
        s.Advance(60);
        Assert.Equal(seconds, (first.AnsweredAt - start).TotalSeconds);
    }

    [Fact, Trait("Rule", "B-WAIT-01")]
    public void Each_of_two_held_requests_has_its_own_wait()
    {
        var s = Open(c => c with { Wait = "3", Hold = "2" });
        var first = s.Q(1);
        s.Advance(1);
        var second = s.Q(2);
        s.Advance(1.9);
        first.ShouldBeEmpty();
        Assert.True(second.IsHeld);
        s.Advance(1);
        second.ShouldBeEmpty();
        Assert.Equal(TimeSpan.FromSeconds(1), second.AnsweredAt - first.AnsweredAt);
    }

    [Fact, Trait("Rule", "B-HOLD-03")]
    public void What_is_queued_without_a_flush_leaves_with_the_expiring_request()
    {
        var s = Open(c => c with { Wait = "3" });
        var first = s.Q(1);
        s.Session.Send(Message("m"));
        s.Advance(3);
        first.ShouldCarry("m");
    }
}
