using System.Text;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xml;
using static OrleansBosh.Protocol.Tests.Bosh.Entity;

namespace OrleansBosh.Protocol.Tests.Bosh;

public sealed class BoshBodyReaderTests
{
    [Fact]
    public void Attributes_come_out_unescaped_and_absent_ones_are_null()
    {
        var body = Read(
            "<body content='text/xml; charset=utf-8' hold='1' rid='1573741820' to='example.com' route='xmpp:a&amp;b:9999' ver='1.6' "
            + "wait='60' ack='1' xml:lang='en' from='a@example.com' newkey='k2' key='k1' sid='s' type='terminate' condition='c' "
            + "pause='5' stream='x' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh' xmlns='http://jabber.org/protocol/httpbind'/>");

        Assert.Equal(1573741820, body.Rid);
        Assert.Equal(("example.com", "xmpp:a&b:9999", "en"), (body.To, body.Route, body.Lang));
        Assert.Equal(("1.6", "60", "1", "1", "text/xml; charset=utf-8"), (body.Ver, body.Wait, body.Hold, body.Ack, body.Content));
        Assert.Equal(("terminate", "c", "5", "k1", "k2"), (body.Type, body.Condition, body.Pause, body.Key, body.NewKey));
        Assert.Equal(("x", "s"), (body.Stream, body.Sid));
        Assert.False(body.Restart);
        Assert.Empty(body.Payloads);
        Assert.Null(Read(Start + "/>").Sid);
    }

    [Theory]
    [Trait("Rule", "B-XML-01")]
    [InlineData("<bodies xmlns='http://jabber.org/protocol/httpbind' rid='1'/>")]
    [InlineData("<body rid='1'/>")]
    [InlineData("<body xmlns='jabber:client' rid='1'/>")]
    [InlineData("<b:body xmlns:b='urn:other' xmlns='http://jabber.org/protocol/httpbind' rid='1'/>")]
    [InlineData(Start + "/>" + Start + "/>")]
    [InlineData(Start + "/>junk")]
    [InlineData(Start + "/>&#32;")]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("{}")]
    public void Anything_but_one_httpbind_body_is_a_bad_request(string entity) => Refuse(BoshCondition.BadRequest, entity);

    [Theory]
    [Trait("Rule", "B-XML-01")]
    [InlineData("<b:body xmlns:b='http://jabber.org/protocol/httpbind' rid='1'></b:body>")]
    [InlineData(" \r\n" + Start + "></body  >\t\n")]
    public void The_body_may_be_prefixed_and_surrounded_by_white_space(string entity) => Assert.Equal(1, Read(entity).Rid);

    [Fact]
    [Trait("Rule", "B-XML-02")]
    public void Every_truncation_is_a_bad_request()
    {
        var entity = Encoding.UTF8.GetBytes(Start + " a='é'><m xmlns='u' b=\"&amp;\">x<![CDATA[y]]><c/>&#9;</m></body>");
        for (var length = 0; length < entity.Length; length++)
        {
            Assert.False(BoshBodyReader.TryRead(entity.AsMemory(0, length), new(), out _, out var error));
            Assert.Equal(BoshCondition.BadRequest, error.Condition);
        }

        Assert.True(BoshBodyReader.TryRead(entity, new(), out _, out _));
    }

    [Theory]
    [Trait("Rule", "B-XML-02")]
    [InlineData("<a></b>")]
    [InlineData("<a></ab>")]
    [InlineData("<a b='1' b='2'/>")]
    [InlineData("<a b='1'c='2'/>")]
    [InlineData("<a b=c/>")]
    [InlineData("<a b/>")]
    [InlineData("<a b='<'/>")]
    [InlineData("<a / >")]
    [InlineData("<a>]]></a>")]
    [InlineData("<a>&#0;</a>")]
    [InlineData("<a>&#xFFFF;</a>")]
    [InlineData("<a>\u0001</a>")]
    [InlineData("<a>\uFFFE</a>")]
    [InlineData("<a>& </a>")]
    [InlineData("<1/>")]
    [InlineData("<p:a/>")]
    [InlineData("<a p:b=''/>")]
    [InlineData("<a xmlns:p=''/>")]
    [InlineData("<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>")]
    [InlineData("<a xmlns:xmlns='u'/>")]
    [InlineData("<a xmlns:xml='u'/>")]
    [InlineData("<a xmlns:x='http://www.w3.org/XML/1998/namespace'/>")]
    [InlineData("<a xmlns='http://www.w3.org/2000/xmlns/'/>")]
    [InlineData("<xmlns:a/>")]
    [InlineData("<xml:a/>")]
    [InlineData("<a:b:c xmlns:a='u'/>")]
    public void A_payload_that_is_not_well_formed_is_a_bad_request(string payload) =>
        Refuse(BoshCondition.BadRequest, Start + ">" + payload + "</body>");

    [Fact]
    [Trait("Rule", "B-XML-02")]
    [Trait("Rule", "B-ATT-10")]
    public void Invalid_UTF8_is_a_bad_request()
    {
        byte[][] sequences = [[0xFF], [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]];
        foreach (var sequence in sequences)
        {
            byte[] entity = [.. Encoding.UTF8.GetBytes(Start + "><a>"), .. sequence, .. "</a></body>"u8];
            Assert.False(BoshBodyReader.TryRead(entity, new(), out _, out var error));
            Assert.Equal(BoshCondition.BadRequest, error.Condition);
        }
    }

    [Theory]
    [Trait("Rule", "B-XML-03")]
    [InlineData("<!-- c -->")]
    [InlineData("<?pi x?>")]
    [InlineData("<?xml version='1.0'?>")]
    [InlineData("<!DOCTYPE a>")]
    [InlineData("&nbsp;")]
    [InlineData("&e;")]
    public void A_forbidden_construct_is_a_bad_request_wherever_it_stands(string construct)
    {
        Refuse(BoshCondition.BadRequest, construct + " " + construct + Start + "/>");
        Refuse(BoshCondition.BadRequest, Start + ">" + construct + "</body>");
        Refuse(BoshCondition.BadRequest, Start + "><a><b>" + construct + "</b></a></body>");
        Refuse(BoshCondition.BadRequest, Start + "/>" + construct);
    }

    [Fact]
    [Trait("Rule", "B-XML-03")]
    public void An_entity_bomb_is_a_bad_request() => Refuse(
        BoshCondition.BadRequest,
        "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>" + Start + "><a>&b;</a></body>");

    [Theory]
    [Trait("Rule", "B-XML-04")]
    [InlineData("x")]
    [InlineData("<a/>x")]
    [InlineData("<![CDATA[x]]>")]
    [InlineData("&#65;")]
    [InlineData("\u00A0")]
    public void Text_between_the_payloads_is_a_bad_request(string content) =>
        Refuse(BoshCondition.BadRequest, Start + ">" + content + "</body>");

    [Fact]
    [Trait("Rule", "B-XML-04")]
    public void White_space_between_the_payloads_is_ignored()
    {
        var body = Read(Start + ">\r\n  <message/>\n\t<iq/>&#32;<![CDATA[\n]]></body>");
        Assert.Equal(["message", "iq"], body.Payloads.Select(p => p.Name));
    }

    [Theory]
    [Trait("Rule", "B-XML-05")]
    [InlineData("<?xml version='1.0'?>")]
    [InlineData("<?xml version='1.0' encoding='UTF-8'?>\n")]
    [InlineData("<?xml  version = \"1.0\" encoding='uTf-8' standalone='no' ?>")]
    [InlineData("\uFEFF")]
    [InlineData("\uFEFF<?xml version='1.0' encoding='utf-8'?>")]
    public void A_byte_order_mark_and_a_declaration_are_accepted(string prolog) => Assert.Equal(1, Read(prolog + Start + "/>").Rid);

    [Theory]
    [Trait("Rule", "B-XML-05")]
    [InlineData("<?xml version='1.0' encoding='UTF-16'?>")]
    [InlineData("<?xml version='1.0' encoding='iso-8859-1'?>")]
    [InlineData("<?xml version='1.0' encoding=''?>")]
    [InlineData("<?xml version='1.1'?>")]
    [InlineData("<?xml encoding='utf-8'?>")]
    [InlineData("<?xml version='1.0'encoding='utf-8'?>")]
    [InlineData("<?xml version='1.0' standalone='maybe'?>")]
    [InlineData("<?xml version='1.0'>")]
    [InlineData(" <?xml version='1.0'?>")]
    [InlineData("<?xml-stylesheet href='x'?>")]
    [InlineData("\uFEFF\uFEFF")]
    public void Another_encoding_or_version_is_a_bad_request(string prolog) => Refuse(BoshCondition.BadRequest, prolog + Start + "/>");

    [Fact]
    [Trait("Rule", "B-XML-08")]
    public void Each_limit_allows_its_value_and_refuses_the_next_with_policy_violation()
    {
        var limits = new BoshBodyLimits(MaxDepth: 3, MaxAttributes: 4, MaxPayloads: 2, MaxStanzaBytes: 60);
        (XmlLimit Limit, string Allowed, string Refused)[] rows =
        [
            (XmlLimit.Depth, "<a><b><c/></b></a>", "<a><b><c><d/></c></b></a>"),
            (XmlLimit.Attributes, "<a w='' x='' y='' xmlns:z='u'/>", "<a v='' w='' x='' y='' xmlns:z='u'/>"),
            (XmlLimit.Payloads, "<a/><a/>", "<a/><a/><a/>"),
            (XmlLimit.PayloadBytes, $"<a>{new string('x', 53)}</a>", $"<a>{new string('x', 54)}</a>"),
        ];
        foreach (var (limit, allowed, refused) in rows)
        {
            Assert.True(BoshBodyReader.TryRead(Bytes(Start + ">" + allowed + "</body>"), limits, out _, out var error), error?.Reason);
            Assert.Equal(limit, Refuse(BoshCondition.PolicyViolation, Start + ">" + refused + "</body>", limits).Limit);
        }

        Assert.Equal(XmlLimit.Attributes, Refuse(BoshCondition.PolicyViolation, Start + " x='' y='' z=''/>", limits).Limit);
    }

    [Fact]
    [Trait("Rule", "B-XML-08")]
    public void A_long_namespace_on_the_body_cannot_be_multiplied_by_small_payloads()
    {
        var ns = new string('n', 10_000);
        string Many(string payload, int count) => $"{Start} xmlns:p='{ns}'>{string.Concat(Enumerable.Repeat(payload, count))}</body>";
        foreach (var payload in (string[])["<p:a/>", "<a p:b=''/>", "<a><p:b/></a>"])
        {
            Assert.Equal(20, Read(Many(payload, 20)).Payloads.Count);
            Refuse(BoshCondition.PolicyViolation, Many(payload, 100));
        }

        var children = string.Concat(Enumerable.Repeat("<b/>", 100));
        Refuse(BoshCondition.PolicyViolation, $"{Start}><p:a xmlns:p='u' xmlns='{ns}'>{children}</p:a></body>");
    }

    [Theory]
    [Trait("Rule", "B-RID-01")]
    [InlineData("")]
    [InlineData(" rid=''")]
    [InlineData(" rid='0'")]
    [InlineData(" rid='-1'")]
    [InlineData(" rid='+5'")]
    [InlineData(" rid='1.5'")]
    [InlineData(" rid=' 5'")]
    [InlineData(" rid='abc'")]
    [InlineData(" rid='٣'")]
    [InlineData(" rid='9007199254740992'")]
    [InlineData(" rid='18446744073709551617'")]
    [InlineData(" x:rid='5' xmlns:x='urn:x'")]
    public void A_missing_or_invalid_rid_is_left_to_the_session_to_refuse(string rid) =>
        Assert.Equal(BoshBody.NoRid, Read("<body xmlns='http://jabber.org/protocol/httpbind'" + rid + "/>").Rid);

    [Theory]
    [Trait("Rule", "B-RID-01")]
    [Trait("Rule", "B-RID-02")]
    [InlineData("1", 1)]
    [InlineData("2147483648", 2147483648)]
    [InlineData("4294967296", 4294967296)]
    [InlineData("9007199254740980", 9007199254740980)]
    [InlineData("9007199254740991", 9007199254740991)]
    [InlineData("00000000000000000000000000000007", 7)]
    public void A_rid_is_any_integer_up_to_2_to_the_53(string rid, long expected) =>
        Assert.Equal(expected, Read($"<body rid='{rid}' xmlns='http://jabber.org/protocol/httpbind'/>").Rid);

    [Theory]
    [Trait("Rule", "B-ATT-15")]
    [InlineData(" xmlns:z='urn:xmpp:xbosh' z:restart='true'", true)]
    [InlineData(" xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='1'", true)]
    [InlineData(" xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='false'", false)]
    [InlineData(" xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='yes'", false)]
    [InlineData(" xmlns:xmpp='urn:other' xmpp:restart='true'", false)]
    [InlineData(" restart='true'", false)]
    public void Restart_is_known_by_its_namespace(string attributes, bool expected) =>
        Assert.Equal(expected, Read(Start + attributes + "/>").Restart);

    [Fact]
    [Trait("Rule", "B-ATT-15")]
    public void BOSH_attributes_are_known_by_having_no_namespace()
    {
        Assert.Null(Read(Start + " h:sid='x' xmlns:h='http://jabber.org/protocol/httpbind'/>").Sid);
    }

    [Fact]
    public void A_reason_tells_nothing_of_the_entity()
    {
        Assert.False(BoshBodyReader.TryRead(Bytes(Start + "><a>secret</b></body>"), new(), out _, out var error));
        Assert.DoesNotContain("secret", error.Reason, StringComparison.Ordinal);
    }
}
