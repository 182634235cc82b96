using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests;

/// <summary>
/// The tables of RFC 6121 Appendix A. A state is written as its name, then "out" and "in" for pending requests and "approved".
/// The expected effects are any of route, deliver, push and a reply's type.
/// </summary>
[Trait("Rule", "P-RT-07")]
public class SubscriptionRulesTests
{
    [Theory]
    [InlineData("none", "none out", "route push")]
    [InlineData("none out", "none out", "route")]
    [InlineData("none in", "none out in", "route push")]
    [InlineData("none out in", "none out in", "route")]
    [InlineData("to", "to", "route")]
    [InlineData("to in", "to in", "route")]
    [InlineData("from", "from out", "route push")]
    [InlineData("from out", "from out", "route")]
    [InlineData("both", "both", "route")]
    [InlineData("none approved", "none out approved", "route push")]
    public void Outbound_subscribe(string before, string after, string effects) => AssertOutbound("subscribe", before, after, effects);

    [Theory]
    [InlineData("none", "none", "route")]
    [InlineData("none out", "none", "route push")]
    [InlineData("none in", "none in", "route")]
    [InlineData("none out in", "none in", "route push")]
    [InlineData("to", "none", "route push")]
    [InlineData("to in", "none in", "route push")]
    [InlineData("from", "from", "route")]
    [InlineData("from out", "from", "route push")]
    [InlineData("both", "from", "route push")]
    [InlineData("to approved", "none approved", "route push")]
    public void Outbound_unsubscribe(string before, string after, string effects) => AssertOutbound("unsubscribe", before, after, effects);

    [Theory]
    [InlineData("none", "none approved", "push")]
    [InlineData("none out", "none out approved", "push")]
    [InlineData("none in", "from", "route push")]
    [InlineData("none out in", "from out", "route push")]
    [InlineData("to", "to approved", "push")]
    [InlineData("to in", "both", "route push")]
    [InlineData("from", "from", "")]
    [InlineData("from out", "from out", "")]
    [InlineData("both", "both", "")]
    [InlineData("none approved", "none approved", "")]
    public void Outbound_subscribed(string before, string after, string effects) => AssertOutbound("subscribed", before, after, effects);

    [Theory]
    [InlineData("none", "none", "")]
    [InlineData("none out", "none out", "")]
    [InlineData("none in", "none", "route")]
    [InlineData("none out in", "none out", "route")]
    [InlineData("to", "to", "")]
    [InlineData("to in", "to", "route")]
    [InlineData("from", "none", "route push")]
    [InlineData("from out", "none out", "route push")]
    [InlineData("both", "to", "route push")]
    [InlineData("none approved", "none", "push")]
    [InlineData("to approved", "to", "push")]
    [InlineData("none out approved", "none out", "push")]
    public void Outbound_unsubscribed(string before, string after, string effects) => AssertOutbound("unsubscribed", before, after, effects);

    [Theory]
    [InlineData("none", "none in", "deliver")]
    [InlineData("none out", "none out in", "deliver")]
    [InlineData("none in", "none in", "")]
    [InlineData("none out in", "none out in", "")]
    [InlineData("to", "to in", "deliver")]
    [InlineData("to in", "to in", "")]
    [InlineData("from", "from", "subscribed")]
    [InlineData("from out", "from out", "subscribed")]
    [InlineData("both", "both", "subscribed")]
    [InlineData("none approved", "from", "push subscribed")]
    [InlineData("none out approved", "from out", "push subscribed")]
    [InlineData("to approved", "both", "push subscribed")]
    public void Inbound_subscribe(string before, string after, string effects) => AssertInbound("subscribe", before, after, effects);

    [Theory]
    [InlineData("none", "none", "")]
    [InlineData("none out", "none out", "")]
    [InlineData("none in", "none", "deliver")]
    [InlineData("none out in", "none out", "deliver")]
    [InlineData("to", "to", "")]
    [InlineData("to in", "to", "deliver")]
    [InlineData("from", "none", "deliver push")]
    [InlineData("from out", "none out", "deliver push")]
    [InlineData("both", "to", "deliver push")]
    public void Inbound_unsubscribe(string before, string after, string effects) => AssertInbound("unsubscribe", before, after, effects);

    [Theory]
    [InlineData("none", "none", "")]
    [InlineData("none out", "to", "deliver push")]
    [InlineData("none in", "none in", "")]
    [InlineData("none out in", "to in", "deliver push")]
    [InlineData("to", "to", "")]
    [InlineData("to in", "to in", "")]
    [InlineData("from", "from", "")]
    [InlineData("from out", "both", "deliver push")]
    [InlineData("both", "both", "")]
    public void Inbound_subscribed(string before, string after, string effects) => AssertInbound("subscribed", before, after, effects);

    [Theory]
    [InlineData("none", "none", "")]
    [InlineData("none out", "none", "deliver push")]
    [InlineData("none in", "none in", "")]
    [InlineData("none out in", "none in", "deliver push")]
    [InlineData("to", "none", "deliver push")]
    [InlineData("to in", "none in", "deliver push")]
    [InlineData("from", "from", "")]
    [InlineData("from out", "from", "deliver push")]
    [InlineData("both", "from", "deliver push")]
    public void Inbound_unsubscribed(string before, string after, string effects) => AssertInbound("unsubscribed", before, after, effects);

    [Theory]
    [InlineData(null)]
    [InlineData("unavailable")]
    [InlineData("probe")]
    public void Other_types_are_no_subscription_stanzas(string? type) => Assert.False(SubscriptionRules.IsSubscriptionType(type));

    private static void AssertOutbound(string type, string before, string after, string effects) =>
        AssertStep(SubscriptionRules.Outbound(Read(before), type), after, effects);

    private static void AssertInbound(string type, string before, string after, string effects) =>
        AssertStep(SubscriptionRules.Inbound(Read(before), type), after, effects);

    private static void AssertStep(SubscriptionStep step, string after, string effects)
    {
        Assert.Equal(Read(after), step.State);
        string?[] seen = [step.Route ? "route" : null, step.Deliver ? "deliver" : null, step.Push ? "push" : null, step.AutoReply];
        Assert.Equal(effects, string.Join(' ', seen.Where(effect => effect is not null)));
    }

    private static SubscriptionState Read(string text)
    {
        var words = text.Split(' ');
        return new(
            To: words[0] is "to" or "both",
            From: words[0] is "from" or "both",
            PendingOut: words.Contains("out"),
            PendingIn: words.Contains("in"),
            Approved: words.Contains("approved"));
    }
}
