using System.Text;
using OrleansBosh.Protocol.Xml;

namespace OrleansBosh.Protocol.Tests.Xml;

public sealed class XmlScannerTests
{
    [Fact]
    public void Tokens_come_in_document_order_and_cover_the_text()
    {
        Assert.Equal(
            "StartElement:<a b='c' > Text:x&amp;y CData:<![CDATA[<]]> StartElement:<d/> EndElement: Text:\n "
            + "StartElement:<é> EndElement:</é> EndElement:</a > End:",
            Tokens("<a b='c' >x&amp;y<![CDATA[<]]><d/>\n<é></é></a >"));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("_", true)]
    [InlineData("A-b.c_9", true)]
    [InlineData("À", true)]
    [InlineData("\u037F", true)]
    [InlineData("\u2070", true)]
    [InlineData("\uFFFD", true)]
    [InlineData("\U00010000", true)]
    [InlineData("\U000EFFFF", true)]
    [InlineData("a\u00B7\u0300\u203F", true)]
    [InlineData("a:b", true)]
    [InlineData("-a", false)]
    [InlineData(".a", false)]
    [InlineData("9", false)]
    [InlineData("\u00B7", false)]
    [InlineData("\u0300", false)]
    [InlineData("a×", false)]
    [InlineData("a÷", false)]
    [InlineData("a\u037E", false)]
    [InlineData("a\u2000", false)]
    [InlineData("a\u2190", false)]
    [InlineData("a\u3000", false)]
    [InlineData("a\uE000", false)]
    [InlineData("a\uFDD0", false)]
    [InlineData("a\U000F0000", false)]
    [InlineData("a:9", false)]
    [InlineData("a:", false)]
    [InlineData(":a", false)]
    [InlineData("a:b:c", false)]
    public void Names_are_those_of_the_fifth_edition(string name, bool isName) =>
        Assert.Equal(isName, !Tokens($"<r xmlns:a='u'><{name}/></r>").EndsWith("Fault:", StringComparison.Ordinal));

    [Fact]
    public void Every_ASCII_character_is_classed_as_the_grammar_says()
    {
        for (var c = 0; c < 128; c++)
        {
            var isStart = char.IsAsciiLetter((char)c) || c == '_';
            Assert.Equal(isStart, XmlChars.IsAsciiName((byte)c, isFirst: true));
            Assert.Equal(isStart || char.IsAsciiDigit((char)c) || c is '-' or '.', XmlChars.IsAsciiName((byte)c, isFirst: false));
            Assert.Equal(c >= 32 || c is '\t' or '\n' or '\r', XmlChars.AreLegal([(byte)c]));
            Assert.Equal(XmlChars.AreLegal([(byte)c]), XmlChars.IsLegal(c));
        }
    }

    [Theory]
    [InlineData("\uFFFC\uFFFD", true)]
    [InlineData("\uFFC0\uFFFD\uFFE0", true)]
    [InlineData("\uFFC0\uFFFE", false)]
    [InlineData("\uFFFF", false)]
    [InlineData("\U0001FFFE", true)]
    [InlineData("\u007F\u0080\u0085", true)]
    public void Two_characters_of_the_basic_plane_are_forbidden(string text, bool isLegal) =>
        Assert.Equal(isLegal, XmlChars.AreLegal(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("a]b")]
    [InlineData("]")]
    [InlineData("]]")]
    [InlineData("]]&gt;")]
    [InlineData("]>")]
    [InlineData("]]]a")]
    public void Brackets_in_text_are_text_unless_they_close_a_section(string text) =>
        Assert.Equal($"StartElement:<a> Text:{text} EndElement:</a> End:", Tokens($"<a>{text}</a>"));

    [Theory]
    [InlineData("<a b = '1'\tc\n=\r\n'2'/>")]
    [InlineData("<a b='a\"b' c=\"a'b\"/>")]
    [InlineData("<a b=''/>")]
    public void Attributes_may_have_space_around_their_sign_and_either_quote(string document) =>
        Assert.Equal($"StartElement:{document} EndElement: End:", Tokens(document));

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("<a>]]></a>")]
    [InlineData("<a>x]]]></a>")]
    [InlineData("<a b='1/>")]
    [InlineData("<a b='&x;'/>")]
    [InlineData("<a b=''c=''/>")]
    [InlineData("<a =''/>")]
    [InlineData("<a></a b>")]
    [InlineData("<a/><b/>")]
    public void What_breaks_the_grammar_is_a_fault_and_stays_one(string document)
    {
        var scanner = new XmlScanner(Encoding.UTF8.GetBytes(document), XmlLimits.None);
        while (scanner.Read() is not (XmlToken.Fault or XmlToken.End))
        {
        }

        Assert.Equal(XmlToken.Fault, scanner.Read());
        Assert.Null(scanner.Limit);
        scanner.Dispose();
    }

    [Fact]
    public void Elements_may_nest_deeply_and_each_end_is_checked()
    {
        var names = Enumerable.Range(0, 1000).Select(i => $"n{i}").ToArray();
        var starts = string.Concat(names.Select(name => $"<{name}>"));
        Assert.EndsWith("End:", Tokens(starts + string.Concat(names.Reverse().Select(name => $"</{name}>"))), StringComparison.Ordinal);
        Assert.EndsWith("Fault:", Tokens(starts + string.Concat(names.Select(name => $"</{name}>"))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_declaration_holds_for_the_whole_tag_and_for_nothing_outside()
    {
        Assert.EndsWith("End:", Tokens("<p:a p:b='' xmlns:p='u'/>"), StringComparison.Ordinal);
        Assert.EndsWith("Fault:", Tokens("<r><a xmlns:p='u'/><p:a/></r>"), StringComparison.Ordinal);
        Assert.EndsWith("Fault:", Tokens("<r><a xmlns:p='u'></a><b p:c=''/></r>"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(500)]
    public void A_duplicate_is_found_among_few_and_many_attributes(int count)
    {
        var others = string.Concat(Enumerable.Range(0, count - 2).Select(i => $" n{i}=''"));
        var both = $"<r xmlns:p='u' xmlns:q='&#117;' xmlns:o='v'><a{others} {{0}}=''/></r>";
        (string, bool)[] pairs = [("x='' x", false), ("p:x='' p:x", false), ("p:x='' q:x", false), ("p:x='' o:x", true), ("p:x='' x", true)];
        foreach (var (pair, isFine) in pairs)
        {
            Assert.Equal(isFine, Tokens(both.Replace("{0}", pair, StringComparison.Ordinal)).EndsWith("End:", StringComparison.Ordinal));
        }

        Assert.EndsWith("Fault:", Tokens($"<a{others} xmlns:z='u' xmlns:z='u'/>"), StringComparison.Ordinal);
        Assert.EndsWith("Fault:", Tokens($"<a{others} xmlns='u' xmlns='v'/>"), StringComparison.Ordinal);
    }

    [Fact]
    public void Inner_declarations_shadow_outer_ones_and_leave_with_their_element_also_when_there_are_many()
    {
        var many = string.Concat(Enumerable.Range(0, 40).Select(i => $" xmlns:p{i}='outer{i}'"));
        var text = Encoding.UTF8.GetBytes($"<r{many}><a xmlns:p7='inner'><p7:x/></a><p7:y/></r>");
        var scanner = new XmlScanner(text, XmlLimits.None);
        var seen = new List<string>();
        while (scanner.Read() is var token && token is not (XmlToken.End or XmlToken.Fault))
        {
            if (token == XmlToken.StartElement) seen.Add($"{{{scanner.Namespace}}}{scanner.LocalName}");
        }

        scanner.Dispose();
        Assert.Equal(["{}r", "{}a", "{inner}x", "{outer7}y"], seen);
    }

    private static string Tokens(string document)
    {
        var scanner = new XmlScanner(Encoding.UTF8.GetBytes(document), XmlLimits.None);
        var tokens = new StringBuilder();
        XmlToken token;
        do
        {
            token = scanner.Read();
            tokens.Append(tokens.Length > 0 ? " " : "").Append(token).Append(':');
            if (token != XmlToken.Fault) tokens.Append(Encoding.UTF8.GetString(scanner.Token));
        }
        while (token is not (XmlToken.End or XmlToken.Fault));

        scanner.Dispose();
        return tokens.ToString();
    }
}
