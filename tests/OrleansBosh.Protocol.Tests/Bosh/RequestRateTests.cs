using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>The judgement on request rates at its edges.</summary>
public sealed class RequestRateTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private static readonly BoshSessionSettings Settings = new() { Polling = TimeSpan.FromSeconds(2), MaxQuickEmpties = 2 };

    [Theory, Trait("Rule", "B-POLL-03")]
    [InlineData(1.999, false)]
    [InlineData(2, true)]
    [InlineData(-0.001, true)]
    [InlineData(0, false)]
    public void A_poll_that_is_too_early_is_a_violation_if_the_one_before_was_idle_and_did_not_overtake(double after, bool isAccepted)
    {
        var rate = new RequestRate(Settings, isPolling: true);
        Assert.True(rate.Accept(Start + TimeSpan.FromSeconds(10), isEmpty: true, leavesWindowFull: true));
        Assert.Equal(isAccepted, rate.Accept(Start + TimeSpan.FromSeconds(10 + after), isEmpty: true, leavesWindowFull: false));
    }

    [Theory, Trait("Rule", "B-POLL-03")]
    [InlineData(true, false, false, false)]
    [InlineData(false, false, false, true)]
    [InlineData(true, true, false, true)]
    [InlineData(true, false, true, true)]
    public void A_quick_poll_is_allowed_after_anything_but_an_idle_one(bool wasEmpty, bool hadPayload, bool bringsPayload, bool isAccepted)
    {
        var rate = new RequestRate(Settings, isPolling: true);
        rate.Accept(Start, wasEmpty, leavesWindowFull: true);
        if (hadPayload) rate.AnsweredWithPayload();
        Assert.Equal(isAccepted, rate.Accept(Start, !bringsPayload, leavesWindowFull: true));
    }

    [Theory, Trait("Rule", "B-OVER-04")]
    [InlineData(true, true, 1, false)]
    [InlineData(false, true, 1, true)]
    [InlineData(true, false, 1, true)]
    [InlineData(true, true, 2, true)]
    public void Only_a_row_of_quick_empties_that_fill_the_window_is_a_violation(bool isEmpty, bool isFull, int seconds, bool isAccepted)
    {
        var rate = new RequestRate(Settings, isPolling: false) { LastArrival = Start };
        for (var i = 1; i <= 2; i++) Assert.True(rate.Accept(Start + TimeSpan.FromSeconds(i), isEmpty: true, leavesWindowFull: true));
        Assert.Equal(2, rate.Strikes);
        Assert.Equal(isAccepted, rate.Accept(Start + TimeSpan.FromSeconds(2 + seconds), isEmpty, isFull));
        Assert.Equal(isAccepted ? 0 : 3, rate.Strikes);
    }
}
