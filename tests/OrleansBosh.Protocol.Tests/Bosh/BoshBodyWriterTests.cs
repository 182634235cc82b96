using System.Text;
using System.Xml.Linq;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Bosh;

public sealed class BoshBodyWriterTests
{
    [Fact, Trait("Rule", "B-XML-06")]
    public void An_empty_body_is_one_empty_element()
    {
        Assert.Equal("<body xmlns='http://jabber.org/protocol/httpbind'/>", Text(new BoshBodyWriter(null, []).Finish()));
        Assert.Equal("<body xmlns='http://jabber.org/protocol/httpbind' host='a.example'/>", Text(new BoshBodyWriter("a.example", []).Finish()));
    }

    [Fact, Trait("Rule", "B-XML-06")]
    public void Attributes_are_escaped_and_absent_ones_left_out()
    {
        const string nasty = "a<b>&'\"\t\n\r ü😀";
        var writer = new BoshBodyWriter(nasty, []);
        writer.Attribute("absent", null);
        writer.Attribute("text", nasty);
        writer.Attribute("number", -1L);
        writer.Attribute("seconds", TimeSpan.FromSeconds(90.9));
        var body = XElement.Parse(Text(writer.Finish()));
        Assert.Equal(nasty, (string?)body.Attribute("host"));
        Assert.Equal(nasty, (string?)body.Attribute("text"));
        Assert.Equal("-1", (string?)body.Attribute("number"));
        Assert.Equal("90", (string?)body.Attribute("seconds"));
        Assert.Null(body.Attribute("absent"));
    }

    [Fact, Trait("Rule", "B-XML-06"), Trait("Rule", "B-XMPP-09")]
    public void Stanzas_stand_in_the_body_as_they_are_with_nothing_between_them()
    {
        Stanza[] stanzas = [SessionScript.Message("a", "x < y & z"), SessionScript.Ping("b"), Stanza.Create("success", Ns.Sasl, default, [])];
        var text = Text(new BoshBodyWriter(null, stanzas).Finish());
        var content = string.Concat(stanzas.Select(stanza => Encoding.UTF8.GetString(stanza.Bytes.Span)));
        Assert.Equal($"<body xmlns='http://jabber.org/protocol/httpbind'>{content}</body>", text);
        Assert.Equal([Ns.Client, Ns.Client, Ns.Sasl], XElement.Parse(text).Elements().Select(element => element.Name.NamespaceName));
    }

    [Fact, Trait("Rule", "B-XMPP-04"), Trait("Rule", "B-XML-06")]
    public void A_body_with_features_declares_the_stream_prefix_and_no_other_body_does()
    {
        var text = Text(new BoshBodyWriter("a.example", [ScriptBackend.Features]).Finish());
        Assert.StartsWith(
            "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:stream='http://etherx.jabber.org/streams' host='a.example'><stream:features",
            text,
            StringComparison.Ordinal);
        var features = Assert.Single(XElement.Parse(text).Elements());
        Assert.Equal(XName.Get("features", Ns.Stream), features.Name);
        Assert.All(features.Nodes(), node => Assert.IsType<XElement>(node));
        Assert.Contains("<mechanisms xmlns=", text, StringComparison.Ordinal);
        Assert.DoesNotContain("stream", Text(new BoshBodyWriter(null, [SessionScript.Message("m")]).Finish()), StringComparison.Ordinal);
    }

    [Theory, Trait("Rule", "B-LEG-02")]
    [InlineData(BoshCondition.None, null, 200)]
    [InlineData(BoshCondition.BadRequest, "bad-request", 400)]
    [InlineData(BoshCondition.HostGone, "host-gone", 200)]
    [InlineData(BoshCondition.HostUnknown, "host-unknown", 200)]
    [InlineData(BoshCondition.ImproperAddressing, "improper-addressing", 200)]
    [InlineData(BoshCondition.InternalServerError, "internal-server-error", 200)]
    [InlineData(BoshCondition.ItemNotFound, "item-not-found", 404)]
    [InlineData(BoshCondition.OtherRequest, "other-request", 200)]
    [InlineData(BoshCondition.PolicyViolation, "policy-violation", 403)]
    [InlineData(BoshCondition.RemoteConnectionFailed, "remote-connection-failed", 200)]
    [InlineData(BoshCondition.RemoteStreamError, "remote-stream-error", 200)]
    [InlineData(BoshCondition.SeeOtherUri, "see-other-uri", 200)]
    [InlineData(BoshCondition.SystemShutdown, "system-shutdown", 200)]
    [InlineData(BoshCondition.UndefinedCondition, "undefined-condition", 200)]
    public void A_terminate_body_names_its_condition(BoshCondition condition, string? wire, int legacyStatus)
    {
        var answer = BoshBodyWriter.Terminate(condition);
        var body = XElement.Parse(Text(answer.Entity));
        Assert.Equal("terminate", (string?)body.Attribute("type"));
        Assert.Equal(wire, (string?)body.Attribute("condition"));
        Assert.Equal((200, BoshAnswer.DefaultContentType), (answer.Status, answer.ContentType));
        var legacy = BoshBodyWriter.Terminate(condition, isLegacy: true);
        Assert.Equal(legacyStatus, legacy.Status);
        Assert.Equal(answer.Entity, legacy.Entity);
    }

    [Fact]
    public void A_terminate_body_may_carry_an_address()
    {
        var uri = Stanza.Create("uri", Ns.HttpBind, default, [], new XText("https://a.example/?a&b"));
        var body = XElement.Parse(Text(BoshBodyWriter.Terminate(BoshCondition.SeeOtherUri, children: uri).Entity));
        Assert.Equal("https://a.example/?a&b", (string?)body.Element(ScriptCaller.HttpBind + "uri"));
    }

    private static string Text(byte[] entity) => Encoding.UTF8.GetString(entity);
}
