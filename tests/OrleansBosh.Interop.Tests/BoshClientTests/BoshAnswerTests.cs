using System.Text;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

public sealed class BoshAnswerTests
{
    private const string Ns = "xmlns='http://jabber.org/protocol/httpbind'";

    [Fact]
    public void Attributes_and_payload_are_read()
    {
        var answer = Parse($"<body {Ns} xmlns:xmpp='urn:xmpp:xbosh' sid='s' ack='17' host='a.example' xmpp:version='1.0'>"
            + "<message xmlns='jabber:client'><body>one two</body></message><presence xmlns='jabber:client'/></body>");
        Assert.Equal("s", answer.Sid);
        Assert.Equal(17, answer.Ack);
        Assert.Equal("a.example", answer.Host);
        Assert.Equal("1.0", answer.XBosh("version"));
        Assert.Equal(["message", "presence"], answer.Payload.Select(e => e.Name.LocalName));
        Assert.False(answer.IsEmpty);
    }

    [Fact]
    public void A_terminating_body_says_why()
    {
        var answer = Parse($"<body {Ns} type='terminate' condition='item-not-found'/>");
        Assert.True(answer.IsTerminate);
        Assert.Equal("item-not-found", answer.Condition);
    }

    [Theory]
    [InlineData("", "well-formed")]
    [InlineData("<body", "well-formed")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind'/><body/>", "well-formed")]
    [InlineData("<!DOCTYPE body><body xmlns='http://jabber.org/protocol/httpbind'/>", "well-formed")]
    [InlineData("<body/>", "the root is body")]
    [InlineData("<html xmlns='http://jabber.org/protocol/httpbind'/>", "the root is")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind'>x</body>", "text directly")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind'>\n</body>", "text directly")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind'><!-- --></body>", "Comment")]
    [InlineData("<!-- --><body xmlns='http://jabber.org/protocol/httpbind'/>", "Comment")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind'><a xmlns='b'><?p i?></a></body>", "ProcessingInstruction")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind' type='terminal'/>", "type='terminal'")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind' condition='bad-request'/>", "condition")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind'><message/></body>", "B-XMPP-09")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind'><s:features xmlns:s='http://etherx.jabber.org/streams'/></body>", "B-XMPP-04")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind' xmlns:stream='http://etherx.jabber.org/streams'><stream:features> </stream:features></body>", "P-NEG-03")]
    public void What_would_break_a_client_is_refused(string entity, string reason)
    {
        var error = Assert.Throws<BoshProtocolException>(() => Parse(entity));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused() =>
        Assert.Throws<BoshProtocolException>(() => BoshAnswer.Parse(Encoding.Latin1.GetBytes($"<body {Ns} from='é'/>")));

    [Fact]
    public void A_number_must_be_one() =>
        Assert.Throws<BoshProtocolException>(() => Parse($"<body {Ns} ack='-1'/>").Ack);

    [Theory]
    [InlineData(404, "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='item-not-found'/>", true)]
    [InlineData(404, "<body xmlns='http://jabber.org/protocol/httpbind'/>", false)]
    [InlineData(404, "", false)]
    [InlineData(500, "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate'/>", false)]
    [InlineData(302, "", false)]
    public void A_status_other_than_200_needs_a_terminating_body(int status, string entity, bool isGood)
    {
        var http = new HttpAnswer("HTTP/1.1", status, "", [], Encoding.UTF8.GetBytes(entity), HttpFraming.ContentLength);
        if (isGood)
            Assert.Same(http, BoshAnswer.Parse(http).Http);
        else
            Assert.Throws<BoshProtocolException>(() => BoshAnswer.Parse(http));
    }

    private static BoshAnswer Parse(string entity) => BoshAnswer.Parse(Encoding.UTF8.GetBytes(entity));
}
