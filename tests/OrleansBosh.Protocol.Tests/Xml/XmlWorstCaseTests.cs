using System.Text;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xml;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Xml;

/// <summary>
/// Documents made to be slow or deep. The scanner's position only moves forward; the one search besides it is the one for prefixes,
/// whose comparisons are counted here. Attributes are told apart by a hash set when there are many.
/// </summary>
public sealed class XmlWorstCaseTests
{
    private const string Start = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1'>";
    private static readonly BoshBodyLimits Wide = new(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue);

    [Fact]
    [Trait("Rule", "B-XML-08")]
    public void A_depth_of_100000_is_refused_by_the_limit_and_costs_no_call_stack_without_it()
    {
        var entity = Start + Repeat("<a>", 100_000) + Repeat("</a>", 100_000) + "</body>";
        Assert.Equal(BoshCondition.PolicyViolation, Refusal(entity, new()));
        Assert.Null(Refusal(entity, Wide));
        Assert.Equal(BoshCondition.BadRequest, Refusal(Start + Repeat("<a>", 100_000), Wide));
    }

    [Fact]
    [Trait("Rule", "B-XML-08")]
    public void Ten_thousand_attributes_are_refused_by_the_limit_and_read_without_it()
    {
        var entity = Start + "<a" + string.Concat(Enumerable.Range(0, 10_000).Select(i => $" n{i}='{i}'")) + "/></body>";
        Assert.Equal(BoshCondition.PolicyViolation, Refusal(entity, new()));
        Assert.Null(Refusal(entity, Wide));
    }

    [Fact]
    [Trait("Rule", "B-XML-08")]
    public void A_value_of_a_megabyte_is_refused_by_the_limit_and_read_without_it()
    {
        foreach (var unit in (string[])["x", "&#x0000001F600;", "\r\n"])
        {
            var entity = Start + "<a to='" + Repeat(unit, 1_000_000 / unit.Length) + "'/></body>";
            Assert.Equal(BoshCondition.PolicyViolation, Refusal(entity, new()));
            Assert.Null(Refusal(entity, Wide));
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(4_000)]
    public void Each_use_of_a_prefix_costs_a_few_comparisons_however_many_are_declared(int count)
    {
        var declarations = string.Concat(Enumerable.Range(0, count).Select(i => $"<a xmlns:p{i}='u' xmlns:q='u'>"));
        var uses = string.Concat(Enumerable.Range(0, count).Select(i => $"<p{i}:b q:c=''/>"));
        var scanner = new XmlScanner(Encoding.UTF8.GetBytes(declarations + uses + Repeat("</a>", count)), XmlLimits.None);
        XmlToken token;
        do token = scanner.Read();
        while (token is not (XmlToken.End or XmlToken.Fault));

        Assert.Null(scanner.Fault);
        // Two lookups for each use. A prefix is first in its bucket, or behind a few others; a walk would be count comparisons each.
        var comparisons = scanner.Namespaces.Comparisons;
        scanner.Dispose();
        Assert.InRange(comparisons, 2 * count, 2 * count * 40);
    }

    [Fact]
    public void Brackets_references_and_faults_do_not_make_the_scan_start_over()
    {
        foreach (var unit in (string[])["]", "]]", "&amp;", "<![CDATA[]]>", "<![CDATA[]]]]>", "<b/>", "\r"])
        {
            Assert.True(StanzaReader.TryRead(Encoding.UTF8.GetBytes("<a>" + Repeat(unit, 200_000) + "</a>"), out var stanza), unit);
            Assert.Equal(unit == "<b/>" ? 200_000 : 0, stanza.Children.Length);
        }
    }

    private static string Repeat(string unit, int count) => new StringBuilder(unit.Length * count).Insert(0, unit, count).ToString();

    private static BoshCondition? Refusal(string entity, BoshBodyLimits limits) =>
        BoshBodyReader.TryRead(Encoding.UTF8.GetBytes(entity), limits, out _, out var error) ? null : error.Condition;
}
