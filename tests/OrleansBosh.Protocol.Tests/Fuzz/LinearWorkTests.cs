using System.Text;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xml;

namespace OrleansBosh.Protocol.Tests.Fuzz;

/// <summary>
/// Families of entities made to be slow, at one size and at four times that size: what the scanner does and what the reader allocates
/// may be four times as much, not sixteen times. Counted, not timed.
/// </summary>
public sealed class LinearWorkTests
{
    private const int Size = 5_000;

    // Names with numbers grow a little, and buffers double: more than four, and far from sixteen.
    private const int Growth = 6;

    // The reader keeps small buffers for the next entity, so that the small size may cost next to nothing.
    private const int Slack = 512 * 1024;
    private static readonly BoshBodyLimits Wide = new(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue);

    private static readonly Dictionary<string, Func<int, string>> Families = new()
    {
        ["deep nesting"] = n => Repeat(n, _ => "<a>") + Repeat(n, _ => "</a>"),
        ["deep nesting with a namespace at each level"] = n => Repeat(n, i => $"<a xmlns='u{i}'>") + Repeat(n, _ => "</a>"),
        ["deep nesting with the same prefix at each level"] = n => Repeat(n, i => $"<p:a xmlns:p='u{i}' p:b=''>") + Repeat(n, _ => "</p:a>"),
        ["deep nesting with a new prefix at each level, and the first of them used"] =
            n => "<p0:a xmlns:p0='u'>" + Repeat(n, i => $"<p0:a xmlns:q{i}='u'>") + Repeat(n + 1, _ => "</p0:a>"),
        ["many attributes"] = n => "<a" + Repeat(n, i => $" b{i}=''") + "/>",
        ["many attributes in two namespaces that are the same"] =
            n => "<a xmlns:p='u' xmlns:q='v'" + Repeat(n, i => $" p:b{i}='' q:b{i}=''") + "/>",
        ["many attributes with a long common beginning"] = n => "<a" + Repeat(n / 20, i => $" {new string('b', 200)}{i}=''") + "/>",
        ["many namespace declarations"] = n => "<a" + Repeat(n, i => $" xmlns:p{i}='u'") + "/>",
        ["many namespace declarations, each used"] =
            n => "<a" + Repeat(n, i => $" xmlns:p{i}='u{i}'") + ">" + Repeat(n, i => $"<p{i}:b/>") + "</a>",
        ["many prefixes that are all the same namespace, on attributes"] =
            n => "<a" + Repeat(n, i => $" xmlns:p{i}='u'") + Repeat(n, i => $" p{i}:b{i}=''") + "/>",
        ["a long name"] = n => $"<{new string('n', 10 * n)}></{new string('n', 10 * n)}>",
        ["a long prefix"] = n => $"<a xmlns:{new string('p', 10 * n)}='u'><{new string('p', 10 * n)}:b/></a>",
        ["a long namespace, used by many"] = n => $"<a xmlns='{new string('u', 10 * n)}'>" + Repeat(n, _ => "<b/>") + "</a>",
        ["many entities in text"] = n => "<a>" + Repeat(n, _ => "&amp;&#x1F600;") + "</a>",
        ["many entities in a header"] = n => "<a id='" + Repeat(n, _ => "&lt;&#9;") + "'/>",
        ["many CDATA sections"] = n => "<a>" + Repeat(n, _ => "<![CDATA[]]]]>") + "</a>",
        ["many payloads"] = n => Repeat(n, _ => "<a/>"),
        ["many payloads with white space between"] = n => Repeat(n, _ => "<a/>&#32;\r\n"),
        ["many children"] = n => "<a>" + Repeat(n, _ => "<b/>") + "</a>",
        ["many children that need a namespace"] = n => "<p:a xmlns:p='urn:p'>" + Repeat(n, _ => "<b/>") + "</p:a>",
        ["many openings"] = n => "<a>" + Repeat(n, _ => "<a><") + "</a>",
        ["many quotes that do not close"] = n => Repeat(n, _ => "<a b='></a>"),
        ["many brackets"] = n => "<a>" + new string(']', 10 * n) + "</a>",
    };

    public static TheoryData<string> Names => [.. Families.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Four_times_the_entity_is_four_times_the_work(string family)
    {
        var (small, large) = (Entity(family, Size), Entity(family, 4 * Size));
        Assert.InRange(Steps(large), 1, (Growth * Steps(small)) + 100);
        Assert.InRange(Allocated(large, Wide), 0, (Growth * Allocated(small, Wide)) + Slack);
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Rule", "B-XML-08")]
    public void With_the_limits_a_hostile_entity_costs_no_more_than_its_size(string family)
    {
        var entity = Entity(family, 4 * Size);
        Assert.InRange(Allocated(entity, new()), 0, (64L * entity.Length) + Slack);
    }

    [Theory]
    [Trait("Rule", "B-XML-08")]
    [InlineData("deep nesting")]
    [InlineData("deep nesting with a namespace at each level")]
    [InlineData("many attributes")]
    [InlineData("many namespace declarations")]
    [InlineData("many payloads")]
    public void What_is_beyond_a_limit_is_a_policy_violation_and_costs_the_same_at_any_size(string family)
    {
        var (small, large) = (Entity(family, Size), Entity(family, 10 * Size));
        Assert.False(BoshBodyReader.TryRead(large, new(), out _, out var error));
        Assert.Equal(BoshCondition.PolicyViolation, error.Condition);
        Assert.InRange(Allocated(large, new()), 0, Allocated(small, new()) + 1024);
    }

    private static byte[] Entity(string family, int n) =>
        Encoding.UTF8.GetBytes("<body xmlns='http://jabber.org/protocol/httpbind' rid='1'>" + Families[family](n) + "</body>");

    private static string Repeat(int count, Func<int, string> unit) => string.Concat(Enumerable.Range(0, count).Select(unit));

    private static long Allocated(byte[] entity, BoshBodyLimits limits) =>
        Allocation.Settled(() => BoshBodyReader.TryRead(entity, limits, out _, out _));

    private static long Steps(byte[] entity)
    {
        var scanner = new XmlScanner(entity, XmlLimits.None);
        long steps = 1;
        while (scanner.Read() is not (XmlToken.End or XmlToken.Fault)) steps++;
        steps += scanner.Namespaces.Comparisons;
        scanner.Dispose();
        return steps;
    }
}
