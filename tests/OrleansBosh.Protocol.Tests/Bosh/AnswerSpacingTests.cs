using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>
/// B-RID-04 on two connections: answers that leave together can arrive in either order, and Strophe takes them as they come. So payload
/// keeps a distance, but only where both requests were open together.
/// </summary>
[Trait("Rule", "B-RID-04")]
public class AnswerSpacingTests : SessionTests
{
    private const double Spacing = 0.03;
    private static readonly BoshSessionSettings Settings = SessionScript.TestSettings with { AnswerSpacing = TimeSpan.FromSeconds(Spacing) };

    [Fact]
    public void Payload_does_not_follow_at_once_on_a_second_open_request()
    {
        var s = OpenWithHoldTwo();
        var (first, second) = (s.Q(1), s.Q(2));
        s.Push("a");
        s.Push("b");
        first.ShouldCarry("a");
        Assert.True(second.IsHeld);
        s.Advance(Spacing);
        second.ShouldCarry("b");
    }

    [Fact]
    public void A_request_that_shows_that_the_first_answer_arrived_ends_the_wait()
    {
        var s = OpenWithHoldTwo();
        s.Q(1);
        var second = s.Q(2);
        s.Push("a");
        s.Push("b");
        s.Q(3);
        Assert.True(second.IsHeld);
        s.Q(4);
        second.ShouldCarry("b");
    }

    [Fact]
    public void A_client_with_one_request_at_a_time_never_waits()
    {
        var s = OpenWithHoldTwo();
        s.Q(1);
        s.Push("a");
        s.Advance(0.001);
        s.Push("b");
        s.Q(2).ShouldCarry("b");
    }

    [Fact]
    public void What_was_kept_back_leaves_when_the_request_that_it_would_have_overtaken_on_is_released()
    {
        // stanza.js asks for two held requests and gets one: three may be open.
        var s = Open(body => body with { Hold = "2" }, Settings with { MaxHold = 1 }, new() { ConfirmsAtOnce = false });
        s.Confirm();
        s.Q(1);
        var second = s.Q(2, SessionScript.Message("x"));
        s.Push("a");
        s.Push("b");
        s.Confirm();
        Assert.True(second.IsHeld);
        var third = s.Q(3, SessionScript.Message("y"));
        s.Confirm();
        second.ShouldCarry();
        third.ShouldCarry("b");
    }

    private SessionScript OpenWithHoldTwo() => Open(body => body with { Hold = "2" }, Settings);
}
