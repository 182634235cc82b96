using System.Text;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;
using static OrleansBosh.Protocol.Tests.Bosh.Entity;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>What becomes of the elements in a body.</summary>
public sealed class BoshPayloadTests
{
    private const string Streams = "http://etherx.jabber.org/streams";

    [Fact]
    [Trait("Rule", "B-XML-07")]
    public void Payloads_keep_their_order_and_their_bytes()
    {
        const string Content = "<body>a&amp;<![CDATA[a<b]]>&#x1F600;\u0085😀\r\n</body >";
        var body = Read(Start + "><message to='a'>" + Content + "</message><message to='b'/><iq id='c' type='get'></iq></body>");

        Assert.Equal(["a", "b", null], body.Payloads.Select(p => p.To));
        Assert.Equal("<message xmlns='jabber:client' to='a'>" + Content + "</message>", Text(body.Payloads[0]));
        Assert.Equal("a&a<b😀\u0085😀\n", body.Payloads[0].TextOf(body.Payloads[0].Child("body", Ns.Client)!.Value));
        Assert.Equal("<message xmlns='jabber:client' to='b'/>", Text(body.Payloads[1]));
        Assert.Equal("<iq xmlns='jabber:client' id='c' type='get'></iq>", Text(body.Payloads[2]));
    }

    [Fact]
    [Trait("Rule", "B-XML-07")]
    public void A_prefix_declared_on_the_body_reaches_the_payload_that_needs_it_and_no_other()
    {
        var body = Read(
            Start + " xmlns:p='urn:p' xmlns:q='urn:q'>"
            + "<message p:a='1'/><message><q:x p:y=''/></message><message xmlns:p='urn:z'><p:x/></message></body>");

        Assert.Equal("<message xmlns='jabber:client' p:a='1' xmlns:p='urn:p'/>", Text(body.Payloads[0]));
        Assert.Equal("<message xmlns='jabber:client' xmlns:p='urn:p' xmlns:q='urn:q'><q:x p:y=''/></message>", Text(body.Payloads[1]));
        Assert.Equal("<message xmlns='jabber:client' xmlns:p='urn:z'><p:x/></message>", Text(body.Payloads[2]));
    }

    [Fact]
    [Trait("Rule", "B-XMPP-09")]
    public void A_payload_without_a_namespace_of_its_own_becomes_a_stanza_with_its_descendants()
    {
        foreach (var own in (string[])["", " xmlns='jabber:client'", " xmlns=''", " xmlns='http://jabber.org/protocol/httpbind'"])
        {
            var stanza = Read($"{Start}><message{own} to='a'><body>hi</body><x xmlns='urn:x'/></message></body>").Payloads[0];
            Assert.Equal("<message xmlns='jabber:client' to='a'><body>hi</body><x xmlns='urn:x'/></message>", Text(stanza));
            Assert.Equal(StanzaKind.Message, stanza.Kind);
            Assert.NotNull(stanza.Child("body", Ns.Client));
            Assert.NotNull(stanza.Child("x", "urn:x"));
        }
    }

    [Theory]
    [Trait("Rule", "B-XMPP-09")]
    [InlineData(
        "<c:message xmlns:c='jabber:client'><c:body>hi</c:body><body>ho</body></c:message>",
        "<message xmlns='jabber:client' xmlns:c='jabber:client'><c:body>hi</c:body><body>ho</body></message>")]
    [InlineData(
        "<c:message xmlns:c='jabber:client' xmlns='urn:x'><x/><c:body/><y xmlns='urn:y'/><p:z xmlns:p='urn:p'><x/></p:z>t</c:message>",
        "<message xmlns='jabber:client' xmlns:c='jabber:client'><x xmlns='urn:x'/><c:body xmlns='urn:x'/><y xmlns='urn:y'/>"
        + "<p:z xmlns='urn:x' xmlns:p='urn:p'><x/></p:z>t</message>")]
    [InlineData(
        "<s:auth xmlns:s='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AA==</s:auth>",
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' xmlns:s='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AA==</auth>")]
    [InlineData("<s:error xmlns:s='" + Streams + "'/>", "<stream:error xmlns:stream='" + Streams + "' xmlns:s='" + Streams + "'/>")]
    [InlineData(
        "<error xmlns='" + Streams + "' xmlns:stream='" + Streams + "'><conflict xmlns='urn:c'/><x/></error>",
        "<stream:error xmlns:stream='" + Streams + "' xmlns='" + Streams + "'><conflict xmlns='urn:c'/><x/></stream:error>")]
    public void A_prefixed_root_is_rewritten_and_its_descendants_keep_their_meaning(string payload, string expected)
    {
        var stanza = Read(Start + ">" + payload + "</body>").Payloads[0];
        Assert.Equal(expected, Text(stanza));
        foreach (var child in stanza.Children)
        {
            var bytes = Encoding.UTF8.GetString(stanza.Tail.Span.Slice(child.Offset, child.Length));
            Assert.True(bytes.StartsWith('<') && bytes.EndsWith('>') && bytes.Contains(child.Name, StringComparison.Ordinal));
        }
    }

    [Fact]
    [Trait("Rule", "B-XML-07")]
    public void The_prefix_stream_on_the_body_means_streams_or_the_payload_cannot_be_written()
    {
        const string Error = "<s:error xmlns:s='" + Streams + "'><stream:x/></s:error>";
        var stanza = Read($"{Start} xmlns:stream='{Streams}'>{Error}</body>").Payloads[0];
        Assert.Equal($"<stream:error xmlns:stream='{Streams}' xmlns:s='{Streams}' xmlns='jabber:client'><stream:x/></stream:error>", Text(stanza));
        Refuse(BoshCondition.BadRequest, $"{Start} xmlns:stream='urn:other'>{Error}</body>");

        // No payload in the streams namespace, no conflict.
        var message = Read(Start + " xmlns:stream='urn:other'><message><stream:x/></message></body>").Payloads[0];
        Assert.Equal("<message xmlns='jabber:client' xmlns:stream='urn:other'><stream:x/></message>", Text(message));
    }

    [Fact]
    public void Header_attributes_are_decoded_as_XML_says_and_written_anew()
    {
        var stanza = Read(
            Start + "><message to='a&amp;b' id='x\r\ny\tz&#10;' type=\"chat\" xml:lang='de' from='&#x1F600;' other='q\tr&#9;'/></body>").Payloads[0];

        Assert.Equal(new StanzaHeader("😀", "a&b", "x y z\n", "chat", "de"), stanza.Header);
        Assert.Equal(
            "<message xmlns='jabber:client' from='😀' to='a&amp;b' id='x y z&#10;' type='chat' xml:lang='de' other='q\tr&#9;'/>",
            Text(stanza));
    }

    [Fact]
    public void Well_known_words_are_shared_strings()
    {
        var stanza = Read(Start + "><message type='chat'><body/></message></body>").Payloads[0];
        Assert.Same(Ns.Client, stanza.Namespace);
        Assert.Same("message", stanza.Name);
        Assert.Same("chat", stanza.Type);
        Assert.Same("body", stanza.Children[0].Name);
    }

    private static string Text(Stanza stanza) => Encoding.UTF8.GetString(stanza.Bytes.Span);
}
