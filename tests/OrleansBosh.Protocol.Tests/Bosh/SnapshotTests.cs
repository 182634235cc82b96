using OrleansBosh.Protocol.Bosh;
using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>A session as bytes: it goes on where it was, on another node, at every moment of its life.</summary>
public sealed class SnapshotTests : SessionTests
{
    [Fact]
    public void A_snapshot_of_a_restored_session_is_the_same_bytes()
    {
        var s = Busy();
        var snapshot = s.Session.Capture();
        Assert.Equal(snapshot, BoshSession.Restore(snapshot, "b.example", TestSettings).Capture());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_snapshot_of_another_version_is_refused(int distance)
    {
        var snapshot = Open().Session.Capture();
        snapshot[0] = (byte)(snapshot[0] + distance);
        Assert.Throws<InvalidDataException>(() => BoshSession.Restore(snapshot, null, TestSettings));
    }

    [Fact]
    public void Callers_are_released_before_an_orderly_move_and_their_requests_come_again()
    {
        var s = Open(c => c with { Hold = "2" });
        ScriptCaller[] callers = [s.Q(1), s.Q(2), s.Q(4)];
        s.Move();
        Assert.All(callers, caller => Assert.True(caller.IsReleased));
        ScriptCaller[] repeats = [s.Q(1), s.Q(2), s.Q(4)];
        Assert.All(repeats, caller => Assert.True(caller.IsHeld));
        s.Push("m");
        repeats[0].ShouldCarry("m");
        Assert.Equal("b.example", repeats[0].Attribute("host"));
    }

    [Fact, Trait("Rule", "B-RTX-01")]
    public void Answers_are_replayed_byte_by_byte_on_the_other_node()
    {
        var s = Open();
        var first = s.Q(1, Ping("p"));
        s.Crash();
        Assert.Equal(first.Text, s.Q(1).Text);
        Assert.Equal("a.example", first.Attribute("host"));
    }

    [Fact]
    public void While_it_is_created_a_session_can_move()
    {
        var s = Create(backend: new() { ConfirmsAtOnce = false });
        s.Move();
        var repeat = s.Q(0);
        Assert.Equal(OutboxKind.Open, s.Session.NextOutboxItem!.Kind);
        s.Confirm();
        repeat.ShouldCarry("features");
        Assert.Equal(Sid, repeat.Attribute("sid"));
    }

    [Fact]
    public void A_creation_that_moves_while_replies_are_collected_waits_for_its_caller()
    {
        var s = Create(backend: new() { ConfirmsAtOnce = false }, payload: Auth());
        s.Confirm();
        s.Move();
        s.Advance(1);
        s.Q(0).ShouldCarry("features");
    }

    [Fact]
    public void While_it_negotiates_a_session_can_move()
    {
        var s = Create();
        s.Crash();
        s.Q(1, b => b with { Restart = true }).ShouldCarry("features");
        s.Advance(1);
        s.Session.Bound();
        s.Crash();
        for (var n = 2; n < 80; n++)
        {
            s.Q(n, Ping("p")).ShouldCarry("p");
            s.Advance(1); // beyond the limit of the negotiation: it is still bound
        }
    }

    [Fact, Trait("Rule", "B-PAUSE-03"), Trait("Rule", "B-PAUSE-06")]
    public void While_it_is_paused_a_session_can_move()
    {
        var s = Open();
        s.Pause(1, "6");
        s.Crash();
        s.Advance(5.9);
        s.Pause(1, "6").ShouldBeEmpty();
        s.Advance(5.9);
        s.ShouldBeAlive(2);
    }

    [Fact, Trait("Rule", "B-TERM-05")]
    public void While_its_end_is_untold_a_session_can_move()
    {
        var s = Open();
        s.Push("m");
        s.Close(BoshCondition.RemoteStreamError, new("conflict"));
        s.Crash();
        s.Q(1).ShouldCarry("m");
        s.Crash();
        s.Q(2).ShouldTerminate("remote-stream-error");
        s.Crash();
        s.Q(2).ShouldTerminate("remote-stream-error");
        s.ShouldBeDead(3);
    }

    [Fact, Trait("Rule", "B-TERM-05")]
    public void After_an_end_that_found_nobody_a_session_can_move()
    {
        var s = Open(settings: TestSettings with { MaxQueueStanzas = 1 });
        s.Push("a", "b");
        s.Crash();
        s.Q(1).ShouldTerminate("policy-violation");
    }

    [Fact, Trait("Rule", "B-INACT-01"), Trait("Rule", "B-INACT-03")]
    public void A_session_restored_without_its_caller_ends_if_nobody_comes()
    {
        var s = Open(c => c with { Wait = "60" });
        s.Q(1);
        s.Advance(50);
        s.Crash();
        s.Advance(1.9);
        Assert.False(s.Session.IsEnding);
        s.Advance(0.2);
        Assert.True(s.Session.IsOver);
    }

    [Fact]
    public void A_session_restored_while_a_request_was_parked_ends_if_nobody_comes()
    {
        var s = Open(c => c with { Wait = "60" });
        s.Q(2);
        s.Crash();
        s.Advance(2.1);
        Assert.True(s.Session.IsOver);
    }

    [Fact]
    public void What_was_not_confirmed_is_offered_again()
    {
        var s = Open();
        s.Backend.ConfirmsAtOnce = false;
        s.Q(1, Message("a"), Message("b"));
        var handed = s.HandOver();
        s.Crash();
        var again = s.Session.NextOutboxItem!;
        Assert.Equal((handed.Kind, handed.Rid, handed.Index), (again.Kind, again.Rid, again.Index));
        Assert.Equal(handed.Stanza!.Bytes.ToArray(), again.Stanza!.Bytes.ToArray());
        s.Confirm();
        s.Confirm();
        Assert.Equal(["a", "a", "b"], s.Backend.Ids);
    }

    [Fact]
    public void A_confirmation_that_comes_twice_confirms_nothing_else()
    {
        var s = Open();
        s.Backend.ConfirmsAtOnce = false;
        s.Q(1, Message("a"), Message("b"));
        var handed = s.HandOver();
        s.Session.Delivered(handed, s.Now);
        s.Session.Delivered(handed, s.Now);
        Assert.Equal("b", s.Session.NextOutboxItem!.Stanza!.Id);
    }

    [Fact]
    public void The_close_of_the_stream_and_what_was_undelivered_survive()
    {
        var s = Open();
        s.Push("a");
        s.Backend.ConfirmsAtOnce = false;
        s.Terminate(1, Message("m"));
        s.Crash();
        s.Confirm();
        s.Confirm();
        Assert.Equal(["m"], s.Backend.Ids);
        Assert.Equal(["a"], s.Backend.Undelivered);
    }

    [Fact, Trait("Rule", "B-RID-05"), Trait("Rule", "B-KEY-02")]
    public void Parked_requests_and_keys_survive()
    {
        var s = Open(c => c with { NewKey = "ca393b51b682f61f98e7877d61146407f3d0a770" });
        s.Q(2, b => b with { Key = "6f825e81f4532b2c5fa2d12457d8a1f22e8f838e" }, Message("B"));
        s.Crash();
        s.Q(1, b => b with { Key = "bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7d" }, Message("A"));
        Assert.Equal(["A", "B"], s.Backend.Ids);
    }

    [Fact]
    public void Every_state_is_told_from_a_parked_body_after_a_move()
    {
        var s = Open(c => c with { Ack = "1" });
        s.Q(1, b => b with { Ack = $"{R0}" }, Ping("p"));
        s.Q(3, b => b with { Restart = true, Lang = "fr", Ack = "nonsense" });
        s.Crash();
        s.Q(2, b => b with { Ack = "nonsense" });
        Assert.Equal("fr", s.Backend.Seen[^1].Lang);
        s.Terminate(5);
        s.Crash();
        s.Q(1).ShouldCarry("p"); // nobody acknowledged it
        s.Q(4);
        Assert.True(s.Session.IsEnding);
        var paused = Open();
        paused.Pause(2, "6");
        paused.Crash();
        paused.Q(1);
        paused.Advance(5.9);
        paused.ShouldBeAlive(3);
    }

    /// <summary>A session with something in each of its parts.</summary>
    private SessionScript Busy()
    {
        var s = Open(c => c with { Hold = "2", NewKey = "ca393b51b682f61f98e7877d61146407f3d0a770", Ack = "1" });
        s.Backend.ConfirmsAtOnce = false;
        s.Q(1, b => b with { Key = "bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7d" }, Message("a"), Message("b"));
        s.Q(3, b => b with { Restart = true, Lang = "de" }, Message("c"));
        s.Move();
        s.Push("x");
        return s;
    }
}
