using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>What a session may keep in memory for a client or a backend that does not keep up.</summary>
public sealed class LimitTests : SessionTests
{
    [Fact, Trait("Rule", "B-COND-08"), Trait("Rule", "B-TERM-05")]
    public void A_client_that_fetches_nothing_loses_its_session_and_is_told_when_it_comes_back()
    {
        var s = Open(settings: TestSettings with { MaxQueueStanzas = 3 });
        s.Push("a", "b", "c");
        Assert.False(s.Session.IsEnding);
        s.Push("d");
        Assert.True(s.Session.IsEnding);
        Assert.Equal(["a", "b", "c", "d"], s.Backend.Undelivered);
        s.Q(1).ShouldTerminate("policy-violation");
        s.Q(2).ShouldTerminate("item-not-found");
    }

    [Fact, Trait("Rule", "B-COND-08")]
    public void The_bytes_of_the_queue_are_bounded_too()
    {
        var s = Open(settings: TestSettings with { MaxQueueBytes = 1000 });
        s.Push(Message("m", new string('x', 1000)));
        Assert.True(s.Session.IsEnding);
    }

    [Fact]
    public void Others_may_send_as_long_as_the_queue_has_room_and_the_session_goes_on()
    {
        var s = Open(settings: TestSettings with { MaxQueueStanzas = 2 });
        s.Push("a");
        Assert.True(s.Session.CanSend(Message("b")));
        s.Push("b");
        Assert.False(s.Session.CanSend(Message("c")));
        s.Q(1).ShouldCarry("a", "b");
        Assert.True(s.Session.CanSend(Message("c")));
        s.Terminate(2);
        Assert.False(s.Session.CanSend(Message("c")));
    }

    [Fact]
    public void A_burst_for_a_client_that_waits_is_no_overflow()
    {
        var s = Open(settings: TestSettings with { MaxQueueStanzas = 3 });
        var first = s.Q(1);
        s.Push("a", "b", "c", "d");
        first.ShouldCarry("a", "b", "c", "d");
    }

    [Fact]
    public void A_backend_that_does_not_keep_up_holds_the_client_back()
    {
        var s = Open(settings: TestSettings with { MaxOutboxStanzas = 2 });
        s.Backend.ConfirmsAtOnce = false;
        var first = s.Q(1, Message("a"), Message("b"), Message("c"));
        var second = s.Q(2, Message("d"));
        s.Advance(5);
        Assert.True(first.IsHeld);
        s.Confirm();
        s.Confirm();
        s.Advance(0.01);
        first.ShouldBeEmpty();
        Assert.True(second.IsHeld);
    }

    [Fact]
    public void A_client_held_back_is_still_answered_within_its_wait()
    {
        var s = Open(settings: TestSettings with { MaxOutboxStanzas = 1 });
        s.Backend.ConfirmsAtOnce = false;
        var first = s.Q(1, Message("a"), Message("b"), Message("c"));
        s.Q(2);
        s.Advance(9.5);
        first.ShouldBeEmpty();
    }

    [Fact, Trait("Rule", "B-COND-08")]
    public void A_client_that_evades_the_holding_back_by_breaking_its_connections_loses_its_session()
    {
        var s = Open(settings: TestSettings with { MaxOutboxStanzas = 2 });
        s.Backend.ConfirmsAtOnce = false;
        var n = 1;
        for (; n < 100 && !s.Session.IsEnding; n++)
        {
            var caller = s.Q(n, Message($"m{n}"));
            if (caller.IsHeld) s.Kill(caller);
            else caller.ShouldTerminate("policy-violation");
        }

        Assert.InRange(n, 5, 20);
    }

    [Fact, Trait("Rule", "B-RTX-06")]
    public void Broken_requests_do_not_pile_up_while_the_backend_does_not_keep_up()
    {
        var s = Open(settings: TestSettings with { MaxOutboxStanzas = 1, MaxQuickEmpties = 1000 });
        s.Backend.ConfirmsAtOnce = false;
        s.Q(1, Message("a"), Message("b"));
        s.Kill(s.Q(2));
        s.Advance(9.5);
        var size = s.Session.Capture().Length;
        for (var n = 3; n < 100; n++) s.Kill(s.Q(n));
        Assert.InRange(s.Session.Capture().Length, 1, size + 200);
    }
}
