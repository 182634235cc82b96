using System.Text;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Xmpp;

public sealed class StanzaReaderTests
{
    [Fact]
    public void A_stanza_reads_back_as_itself()
    {
        var stanza = Read(
            "<iq xmlns='jabber:client' from='a@b/c' to='d' id='&lt;1' type='set' xml:lang='en' p:x='1' xmlns:p='urn:p'>"
            + "<query xmlns='jabber:iq:roster'/></iq>");
        var again = Read(Encoding.UTF8.GetString(stanza.WithTo("e").WithTo("d").Bytes.Span));

        Assert.Equal(stanza.Bytes.ToArray(), again.Bytes.ToArray());
        Assert.Equal(stanza.Header, again.Header);
        Assert.Equal(StanzaKind.Iq, again.Kind);
        Assert.Equal(stanza.Children.ToArray(), again.Children.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("<a/><b/>")]
    [InlineData("<a/>x")]
    [InlineData("<a>")]
    [InlineData("<stream:features/>")]
    public void Anything_but_one_element_that_stands_alone_is_refused(string text)
    {
        Assert.False(StanzaReader.TryRead(Encoding.UTF8.GetBytes(text), new(8, 8), out var stanza, out var fault));
        Assert.Null(stanza);
        Assert.NotEmpty(fault);
    }

    [Theory]
    [InlineData("<priority>-1</priority>", "-1")]
    [InlineData("<status/>", "")]
    [InlineData("<status></status >", "")]
    [InlineData("<status a='>' b=\"'>\" >x</status>", "x")]
    [InlineData("<status>a&lt;b&#x1F600;<![CDATA[&amp;<x>]]>\r\nc\rd<![CDATA[\r\n]]></status>", "a<b😀&amp;<x>\nc\nd\n")]
    [InlineData("<status>a<b c='>'>b</b>c</status>", "abc")]
    public void TextOf_gives_the_decoded_character_data(string child, string expected)
    {
        var stanza = Read("<presence><before>no</before>" + child + "<after>no</after></presence>");
        Assert.Equal(expected, stanza.TextOf(stanza.Children[1]));
        Assert.Equal(expected, stanza.WithFrom("someone@example.com").TextOf(stanza.Children[1]));
    }

    [Theory]
    [InlineData("<message><\U00010000/></message>")]
    [InlineData("<message xml:space='any'/>")]
    public void A_stanza_that_no_tree_of_NET_can_hold_is_read_all_the_same(string text)
    {
        Assert.False(Read(text).TryToXElement(out var element));
        Assert.Null(element);
        Assert.True(Read("<message/>").TryToXElement(out _));
    }

    private static Stanza Read(string element)
    {
        Assert.True(StanzaReader.TryRead(Encoding.UTF8.GetBytes(element), new(8, 8), out var stanza, out var fault), fault);
        return stanza;
    }
}
