using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests;

/// <summary>RFC 6121 §8.5 as a table. Resources are written "name:priority", with "-" for connected without presence.</summary>
public class DeliveryRulesTests
{
    private const string Nobody = "";
    private const string Two = "a:0 b:5";
    private const string Mixed = "a:-1 b:- c:1";
    private const string Deaf = "a:-1 b:-";

    // To a bare JID (§8.5.2).
    [Theory, Trait("Rule", "P-RT-03")]
    [InlineData("chat", Two, "a b")]
    [InlineData(null, Two, "a b")]
    [InlineData("normal", Two, "a b")]
    [InlineData("no-such-type", Two, "a b")]
    [InlineData("headline", Two, "a b")]
    [InlineData("chat", Mixed, "c")]
    [InlineData("normal", Mixed, "c")]
    [InlineData("headline", Mixed, "c")]
    [InlineData("chat", Deaf, "Store")]
    [InlineData(null, Deaf, "Store")]
    [InlineData("normal", Nobody, "Store")]
    [InlineData("chat", Nobody, "Store")]
    [InlineData("headline", Deaf, "Drop")]
    [InlineData("headline", Nobody, "Drop")]
    [InlineData("groupchat", Two, "Refuse")]
    [InlineData("groupchat", Nobody, "Refuse")]
    [InlineData("error", Two, "Drop")]
    [InlineData("error", Nobody, "Drop")]
    public void Messages_to_a_bare_jid(string? type, string resources, string expected) =>
        AssertDecision(expected, StanzaKind.Message, type, null, resources);

    // To a full JID (§8.5.3).
    [Theory, Trait("Rule", "P-RT-04")]
    [InlineData("chat", "a", Two, "a")]
    [InlineData("chat", "a", Deaf, "a")]
    [InlineData("normal", "b", Deaf, "b")]
    [InlineData("headline", "b", Mixed, "b")]
    [InlineData("groupchat", "b", Two, "b")]
    [InlineData("error", "a", Two, "a")]
    [InlineData("chat", "gone", Two, "a b")]
    [InlineData("chat", "gone", Deaf, "Store")]
    [InlineData("chat", "A", Two, "a b")]
    [InlineData("normal", "gone", Two, "Refuse")]
    [InlineData(null, "gone", Two, "Refuse")]
    [InlineData("normal", "gone", Nobody, "Refuse")]
    [InlineData("headline", "gone", Two, "Drop")]
    [InlineData("groupchat", "gone", Two, "Refuse")]
    [InlineData("error", "gone", Two, "Drop")]
    public void Messages_to_a_full_jid(string? type, string resource, string resources, string expected) =>
        AssertDecision(expected, StanzaKind.Message, type, resource, resources);

    [Theory, Trait("Rule", "P-RT-02")]
    [InlineData("get", null, Two, "Handle")]
    [InlineData("set", null, Nobody, "Handle")]
    [InlineData("result", null, Two, "Drop")]
    [InlineData("error", null, Two, "Drop")]
    [InlineData("get", "a", Two, "a")]
    [InlineData("result", "a", Deaf, "a")]
    [InlineData("error", "b", Deaf, "b")]
    [InlineData("get", "gone", Two, "Refuse")]
    [InlineData("set", "gone", Nobody, "Refuse")]
    [InlineData("result", "gone", Two, "Drop")]
    [InlineData("error", "gone", Two, "Drop")]
    public void Queries(string type, string? resource, string resources, string expected) =>
        AssertDecision(expected, StanzaKind.Iq, type, resource, resources);

    [Theory, Trait("Rule", "P-RT-06")]
    [InlineData(null, null, Mixed, "a c")]
    [InlineData("unavailable", null, Mixed, "a c")]
    [InlineData(null, null, "b:-", "Drop")]
    [InlineData(null, null, Nobody, "Drop")]
    [InlineData(null, "b", Mixed, "b")]
    [InlineData(null, "gone", Mixed, "Drop")]
    [InlineData("unavailable", "gone", Mixed, "Drop")]
    [InlineData("subscribe", null, Two, "Handle")]
    [InlineData("subscribed", null, Nobody, "Handle")]
    [InlineData("unsubscribe", null, Two, "Handle")]
    [InlineData("unsubscribed", null, Two, "Handle")]
    [InlineData("probe", null, Two, "Handle")]
    [InlineData("probe", "a", Two, "Handle")]
    [InlineData("probe", "b", Deaf, "Handle")]
    [InlineData("probe", "gone", Two, "Handle")]
    [InlineData("subscribe", "a", Two, "Handle")]
    [InlineData("unsubscribed", "a", Two, "Handle")]
    [InlineData("error", null, Two, "Drop")]
    [InlineData("error", "a", Two, "a")]
    public void Presence(string? type, string? resource, string resources, string expected) =>
        AssertDecision(expected, StanzaKind.Presence, type, resource, resources);

    [Theory, Trait("Rule", "B-INACT-04")]
    [InlineData(StanzaKind.Message, "chat", Two, "a b")]
    [InlineData(StanzaKind.Message, "normal", Two, "a b")]
    [InlineData(StanzaKind.Message, "chat", Deaf, "Store")]
    [InlineData(StanzaKind.Message, null, Nobody, "Store")]
    [InlineData(StanzaKind.Message, "groupchat", Nobody, "Refuse")]
    [InlineData(StanzaKind.Message, "headline", Nobody, "Drop")]
    [InlineData(StanzaKind.Message, "error", Two, "Drop")]
    [InlineData(StanzaKind.Iq, "get", Two, "Refuse")]
    [InlineData(StanzaKind.Iq, "set", Nobody, "Refuse")]
    [InlineData(StanzaKind.Iq, "result", Two, "Drop")]
    [InlineData(StanzaKind.Presence, null, Two, "Drop")]
    [InlineData(StanzaKind.Presence, "subscribe", Two, "Drop")]
    public void Stanzas_that_no_client_has_seen(StanzaKind kind, string? type, string resources, string expected) =>
        Assert.Equal(expected, Describe(DeliveryRules.DecideAgain(kind, type, Read(resources))));

    private static void AssertDecision(string expected, StanzaKind kind, string? type, string? resource, string resources) =>
        Assert.Equal(expected, Describe(DeliveryRules.Decide(kind, type, resource, Read(resources))));

    private static string Describe(Delivery delivery) =>
        delivery.Verdict == DeliveryVerdict.Deliver ? string.Join(' ', delivery.Resources) : delivery.Verdict.ToString();

    private static ResourceState[] Read(string resources) =>
        [.. resources.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split(':') switch
        {
            [var name, "-"] => new ResourceState(name, false, 0),
            [var name, var priority] => new ResourceState(name, true, int.Parse(priority, System.Globalization.CultureInfo.InvariantCulture)),
            _ => throw new FormatException(text),
        })];
}
