namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>B-COND-12: the node stops, so nothing can wait for a later request.</summary>
[Trait("Rule", "B-COND-12")]
public class ShutDownTests : SessionTests
{
    [Fact]
    public void Every_caller_is_told_at_once_one_behind_a_gap_too()
    {
        var s = Open(body => body with { Hold = "2" });
        var held = s.Q(1);
        var parked = s.Q(3);
        s.ShutDown();
        held.ShouldTerminate("system-shutdown");
        parked.ShouldTerminate("system-shutdown");
    }

    [Fact]
    public void What_is_queued_for_a_client_between_two_polls_counts_as_undelivered()
    {
        var s = Open();
        s.Push("a");
        s.Push("b");
        s.ShutDown();
        Assert.Equal(["a", "b"], s.Backend.Undelivered);
    }

    [Fact]
    public void A_session_that_was_about_to_end_ends_now()
    {
        var s = Open();
        s.Push("a");
        s.Close(OrleansBosh.Protocol.Bosh.BoshCondition.None);
        s.ShutDown();
        Assert.Equal(["a"], s.Backend.Undelivered);
    }
}
