using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.2 as tables: what a creation request and the settings agree on.</summary>
public sealed class BoshNegotiationTests
{
    private static readonly BoshSessionSettings Default = new();
    private static readonly BoshSessionSettings Test = new() { MaxHold = 5 };

    [Theory, Trait("Rule", "B-ATT-01"), Trait("Rule", "B-ATT-02")]
    [InlineData("7", 7)]
    [InlineData("60", 60)]
    [InlineData("61", 60)]
    [InlineData("99999", 60)]
    [InlineData("99999999999999999999", 60)]
    [InlineData("007", 7)]
    [InlineData("0", 0)]
    [InlineData(null, 60)]
    public void Wait_is_what_was_asked_for_up_to_the_maximum(string? asked, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Negotiate(new() { Rid = 1, Wait = asked }, Default)!.Wait);
    }

    [Theory, Trait("Rule", "B-ATT-02")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5")]
    [InlineData("x")]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1e1")]
    [InlineData("١")]
    public void A_wait_or_hold_that_is_no_number_is_refused(string value)
    {
        Assert.Null(Negotiate(new() { Rid = 1, Wait = value }, Default));
        Assert.Null(Negotiate(new() { Rid = 1, Hold = value }, Default));
    }

    [Theory, Trait("Rule", "B-ATT-03"), Trait("Rule", "B-ATT-04"), Trait("Rule", "B-POLL-01")]
    [InlineData("0", 0, 0, 1)]
    [InlineData("1", 1, 1, 2)]
    [InlineData("2", 1, 2, 3)]
    [InlineData("3", 1, 3, 4)]
    [InlineData("5", 1, 5, 6)]
    [InlineData("10", 1, 5, 11)]
    [InlineData("1000", 1, 5, 11)]
    [InlineData("99999999999999999999", 1, 5, 11)]
    [InlineData(null, 1, 1, 2)]
    public void Hold_is_capped_but_requests_follow_what_was_asked_for(string? asked, int production, int test, int requests)
    {
        var body = new BoshBody { Rid = 1, Hold = asked };
        Assert.Equal((production, requests), (Negotiate(body, Default)!.Hold, Negotiate(body, Default)!.Requests));
        Assert.Equal((test, requests), (Negotiate(body, Test)!.Hold, Negotiate(body, Test)!.Requests));
    }

    [Theory, Trait("Rule", "B-ATT-05"), Trait("Rule", "B-ATT-06")]
    [InlineData("1.6", "1.6", false)]
    [InlineData("1.10", "1.10", false)]
    [InlineData("1.11", "1.11", false)]
    [InlineData("1.20", "1.11", false)]
    [InlineData("2.0", "1.11", false)]
    [InlineData("1.99999999999", "1.11", false)]
    [InlineData("0.9", "0.9", false)]
    [InlineData(null, "1.11", true)]
    [InlineData("", "1.11", true)]
    [InlineData("1", "1.11", true)]
    [InlineData("x.y", "1.11", true)]
    [InlineData("1.", "1.11", true)]
    [InlineData(".6", "1.11", true)]
    [InlineData("1.6.1", "1.11", true)]
    [InlineData("-1.6", "1.11", true)]
    public void The_version_is_the_lower_of_both_compared_by_numbers(string? asked, string answered, bool isLegacy)
    {
        var negotiation = Negotiate(new() { Rid = 1, Ver = asked }, Default)!;
        Assert.Equal((answered, isLegacy), (negotiation.Version, negotiation.IsLegacy));
    }

    [Theory, Trait("Rule", "B-ATT-11"), Trait("Rule", "B-ATT-12"), Trait("Rule", "B-COND-01")]
    [InlineData(null, "text/xml; charset=utf-8")]
    [InlineData("text/xml", "text/xml; charset=utf-8")]
    [InlineData("text/xml;charset=UTF-8", "text/xml; charset=utf-8")]
    [InlineData("TEXT/PLAIN; charset=\"utf-8\"", "text/plain; charset=utf-8")]
    [InlineData("application/xml", "application/xml; charset=utf-8")]
    [InlineData("text/html", null)]
    [InlineData("image/svg+xml", null)]
    [InlineData("text/xml; charset=iso-8859-1", null)]
    [InlineData("text/xml\r\nX: y", null)]
    [InlineData("text/xml; charset=utf-8\n", null)]
    [InlineData("text/xml\t", null)]
    [InlineData("", null)]
    [InlineData("nonsense", null)]
    [InlineData("text/xml, text/plain", null)]
    public void The_content_type_comes_from_a_short_list(string? asked, string? answered)
    {
        Assert.Equal(answered, Negotiate(new() { Rid = 1, Content = asked }, Default)?.ContentType);
    }

    [Theory, Trait("Rule", "B-ACK-04")]
    [InlineData("1", true)]
    [InlineData("0", false)]
    [InlineData("01", false)]
    [InlineData(null, false)]
    public void Only_one_switches_client_acknowledgements_on(string? ack, bool isOn)
    {
        Assert.Equal(isOn, Negotiate(new() { Rid = 1, Ack = ack }, Default)!.ClientAcks);
    }

    [Theory, Trait("Rule", "B-POLL-01")]
    [InlineData("0", "1", true)]
    [InlineData("10", "0", true)]
    [InlineData("1", "1", false)]
    public void A_wait_or_hold_of_zero_makes_a_session_poll(string wait, string hold, bool isPolling)
    {
        var negotiation = Negotiate(new() { Rid = 1, Wait = wait, Hold = hold }, Default)!;
        Assert.Equal((isPolling, isPolling ? 0 : 1), (negotiation.IsPolling, negotiation.EffectiveHold));
    }

    private static BoshNegotiation? Negotiate(BoshBody body, BoshSessionSettings settings) =>
        BoshNegotiation.TryNegotiate(body, settings, out var negotiation) ? negotiation : null;
}
