using System.Xml.Linq;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests;

[Trait("Rule", "P-RT-05")]
public class OfflineRulesTests
{
    private static readonly XElement Body = new(XName.Get("body", Ns.Client), "hi");
    private static readonly XElement Composing = new(XName.Get("composing", Ns.ChatStates));

    [Theory]
    [InlineData(null, true)]
    [InlineData("normal", true)]
    [InlineData("chat", true)]
    [InlineData("headline", false)]
    [InlineData("groupchat", false)]
    [InlineData("error", false)]
    public void A_message_with_a_body_is_kept_by_its_type(string? type, bool expected) =>
        Assert.Equal(expected, OfflineRules.MayStore(Message(type, Body)));

    [Fact]
    public void A_pure_chat_state_is_never_kept() => Assert.False(OfflineRules.MayStore(Message("chat", Composing)));

    [Fact]
    public void A_body_with_a_chat_state_is_kept() => Assert.True(OfflineRules.MayStore(Message("chat", Body, Composing)));

    [Theory]
    [InlineData("no-store", false)]
    [InlineData("no-permanent-store", false)]
    [InlineData("no-copy", true)]
    [InlineData("store", true)]
    public void Hints_decide_about_a_message_with_a_body(string hint, bool expected) =>
        Assert.Equal(expected, OfflineRules.MayStore(Message("chat", Body, Hint(hint))));

    [Fact]
    public void A_store_hint_keeps_a_message_without_a_body() => Assert.True(OfflineRules.MayStore(Message("chat", Composing, Hint("store"))));

    [Fact]
    public void Only_messages_are_kept() => Assert.False(OfflineRules.MayStore(Stanza.Create("presence", default, Hint("store"))));

    [Fact]
    public void A_delay_stamp_is_added_behind_the_content_and_only_once()
    {
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        var stamped = Message("chat", Body).WithDelay("example.org", time);
        var delay = stamped.ToXElement().Elements().Last();
        Assert.Equal(["body", "delay"], stamped.Children.ToArray().Select(child => child.Name));
        Assert.Equal("2026-01-02T03:04:05.678Z", (string?)delay.Attribute("stamp"));
        Assert.Equal("example.org", (string?)delay.Attribute("from"));
        Assert.Same(stamped, stamped.WithDelay("example.org", time.AddHours(1)));

        // Somebody else's stamp says when he got it, not when we did.
        Assert.Equal(3, stamped.WithDelay("other.example", time).Children.Length);
    }

    [Fact]
    public void A_child_can_be_added_to_an_empty_stanza()
    {
        var stanza = Stanza.Create("message", new(null, "a@b", "1", null, null)).Append(Body);
        Assert.Equal("<message xmlns='jabber:client' to='a@b' id='1'><body xmlns=\"jabber:client\">hi</body></message>", Text(stanza));
        Assert.Equal(Text(stanza)[(Text(stanza).Length - stanza.Tail.Length)..][stanza.Children[0].Offset..][..stanza.Children[0].Length], Body.ToString());
    }

    private static string Text(Stanza stanza) => System.Text.Encoding.UTF8.GetString(stanza.Bytes.Span);

    private static XElement Hint(string name) => new(XName.Get(name, Ns.Hints));

    private static Stanza Message(string? type, params XElement[] content) =>
        Stanza.Create("message", new(From: "a@example.org/x", To: "b@example.org", Id: "1", Type: type, Lang: null), content);
}
