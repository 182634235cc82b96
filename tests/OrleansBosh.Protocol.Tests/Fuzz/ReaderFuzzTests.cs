using System.Text;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Tests.Xml;
using OrleansBosh.Protocol.Xml;
using Xunit.Abstractions;

namespace OrleansBosh.Protocol.Tests.Fuzz;

/// <summary>The scanner and the body reader under entities that want to hurt them.</summary>
public sealed class ReaderFuzzTests(ITestOutputHelper output)
{
    // Of an element of four bytes, <a/>, a stanza of some 250 bytes is made; what does not grow with the entity is in the constant.
    private const int BytesForOne = 100;
    private const int BytesForNone = 32 * 1024;

    private static readonly string[] Banned =
    [
        "<!-- -->", "<!---->", "<?x?>", "<?xml-stylesheet href='x'?>", "<!DOCTYPE body>", "<!DOCTYPE a [<!ENTITY b 'c'>]>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>", "<!ENTITY b 'c'>", "<![INCLUDE[]]>", "&nbsp;", "&b;", "&AMP;", "&#x;", "&;", "&amp",
    ];

    [Fact]
    public void No_entity_throws_costs_more_than_its_size_or_makes_a_stanza_that_is_not_well_formed() =>
        FuzzRun.Play(output, 600, choices =>
        {
            var entity = choices.OneIn(2)
                ? Mutation.Apply(Encoding.UTF8.GetBytes(DocumentWriter.Body(choices)), choices)
                : HostileEntity.Request(choices, 7, "sid");
            CheckWork(entity);

            // Repeated declarations may take as many bytes as a stanza may have, so the limit goes with the entity here.
            var limits = new BoshBodyLimits(MaxStanzaBytes: Math.Max(entity.Length, 1));
            BoshBody? body = null;
            BoshBodyError? error = null;
            var read = () => { _ = BoshBodyReader.TryRead(entity, limits, out body, out error); };
            var bound = (BytesForOne * (long)entity.Length) + BytesForNone;
            // The first entity of its kind also pays for static fields and pools.
            if (Allocation.Of(read) > bound) Assert.InRange(Allocation.Settled(read), 0, bound);
            if (body is not null) AnswerCheck.Check(new BoshBodyWriter(null, body.Payloads).Finish(), isOwn: false);
            else Assert.True(error!.Condition is BoshCondition.BadRequest or BoshCondition.PolicyViolation);
        });

    [Fact]
    [Trait("Rule", "B-XML-03")]
    public void A_banned_construct_is_a_bad_request_wherever_it_stands() =>
        FuzzRun.Play(output, 600, choices =>
        {
            var entity = choices.OneIn(2) ? Encoding.UTF8.GetBytes(DocumentWriter.Body(choices)) : HostileEntity.Request(choices, 7, "sid");
            if (!BoshBodyReader.TryRead(entity, new(), out _, out _)) return;
            var places = Places(entity);
            var place = places[choices.Place(places.Count)];
            byte[] spoilt = [.. entity[..place], .. Encoding.UTF8.GetBytes(choices.Pick(Banned)), .. entity[place..]];
            Assert.False(BoshBodyReader.TryRead(spoilt, new(), out _, out var error), Encoding.UTF8.GetString(spoilt));
            Assert.Equal(BoshCondition.BadRequest, error.Condition);
        });

    [Theory]
    [Trait("Rule", "B-XML-03")]
    [InlineData(10)]
    [InlineData(10_000)]
    public void A_bomb_of_entities_is_refused_at_its_first_byte_whatever_its_size(int entities)
    {
        var bomb = new StringBuilder("<!DOCTYPE body [<!ENTITY e0 'boom'>");
        for (var i = 1; i <= entities; i++) bomb.Append("<!ENTITY e").Append(i).Append(" '&e").Append(i - 1).Append(";&e").Append(i - 1).Append(";'>");
        bomb.Append("]><body xmlns='http://jabber.org/protocol/httpbind' rid='1'><message>&e").Append(entities).Append(";</message></body>");
        var entity = Encoding.UTF8.GetBytes(bomb.ToString());
        BoshBodyError? error = null;
        var allocated = Allocation.Settled(() => BoshBodyReader.TryRead(entity, new(), out _, out error));
        Assert.Equal(BoshCondition.BadRequest, error!.Condition);
        Assert.InRange(allocated, 0, 1024);
    }

    // Where a tag begins, or the document ends: nothing that stands in a value or in a CDATA section.
    private static List<int> Places(byte[] entity)
    {
        var places = new List<int> { entity.Length };
        using var scanner = new XmlScanner(entity, XmlLimits.None);
        for (var token = scanner.Read(); token is not (XmlToken.End or XmlToken.Fault); token = scanner.Read())
        {
            if (token is XmlToken.StartElement or XmlToken.EndElement) places.Add(scanner.TokenStart);
        }

        return places;
    }

    // Each token takes a byte at the least, but for the end of an empty element; a prefix is found with a few comparisons.
    private static void CheckWork(byte[] entity)
    {
        var scanner = new XmlScanner(entity, XmlLimits.None);
        var steps = 0;
        var position = 0;
        XmlToken token;
        do
        {
            token = scanner.Read();
            steps++;
            Assert.InRange(scanner.Position, position, entity.Length);
            position = scanner.Position;
        }
        while (token is not (XmlToken.End or XmlToken.Fault));
        var comparisons = scanner.Namespaces.Comparisons;
        scanner.Dispose();
        Assert.InRange(steps, 1, entity.Length + 2);
        Assert.InRange(comparisons, 0, 10L * entity.Length);
    }
}
