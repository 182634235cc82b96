using System.Globalization;
using System.Numerics;
using System.Text;
using System.Xml.Linq;
using CsCheck;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Xml;

/// <summary>The readers against <see cref="System.Xml.XmlReader"/> on thousands of generated and damaged documents.</summary>
public sealed class OracleTests
{
    private const int Documents = 10_000;
    private const string Start = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1'>";

    private static readonly Gen<byte[]> Entropy = Gen.Byte.Array[0, 300];

    [Fact]
    [Trait("Rule", "B-XML-01")]
    [Trait("Rule", "B-XML-02")]
    [Trait("Rule", "B-XML-07")]
    [Trait("Rule", "B-XMPP-09")]
    public void Generated_bodies_mean_the_same_as_to_XmlReader() =>
        Entropy.Sample(entropy => CheckBody(Encoding.UTF8.GetBytes(DocumentWriter.Body(new(entropy)))), iter: Documents, print: PrintBody);

    [Fact]
    [Trait("Rule", "B-XML-02")]
    [Trait("Rule", "B-XML-03")]
    [Trait("Rule", "B-XML-04")]
    public void Damaged_bodies_are_accepted_and_refused_as_by_XmlReader() =>
        Gen.Select(Entropy, Gen.Byte.Array[0, 30]).Sample(
            (entropy, damage) => CheckBody(Damaged(entropy, damage)), iter: 4 * Documents, print: x => Print(Damaged(x.Item1, x.Item2)));

    [Fact]
    public void Generated_elements_mean_the_same_as_to_XmlReader() =>
        Entropy.Sample(
            entropy => CheckElement(Encoding.UTF8.GetBytes(DocumentWriter.Element(new(entropy)))),
            iter: Documents,
            print: entropy => Print(Encoding.UTF8.GetBytes(DocumentWriter.Element(new(entropy)))));

    [Fact]
    public void Random_bytes_never_throw() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.OneOfConst(Start, "<", "", "<?xml ")).Sample(
            (bytes, head) => CheckBody([.. Encoding.UTF8.GetBytes(head), .. bytes]), iter: Documents);

    [Fact]
    public void Random_bytes_out_of_the_grammars_own_alphabet_never_throw()
    {
        var letters = Gen.OneOfConst([.. "<<<>>>//='\"&;:![]-?xa #CDATA\r\t\u00E9"u8.ToArray()]);
        letters.Array[0, 60].Sample(
            bytes => CheckBody([.. Encoding.UTF8.GetBytes(Start), .. "<a"u8, .. bytes, .. "</a></body>"u8]), iter: 4 * Documents);
    }

    private static byte[] Damaged(byte[] entropy, byte[] damage) =>
        Mutation.Apply(Encoding.UTF8.GetBytes(DocumentWriter.Body(new(entropy))), new(damage));

    private static string PrintBody(byte[] entropy) => Print(Encoding.UTF8.GetBytes(DocumentWriter.Body(new(entropy))));

    private static string Print(byte[] document) => $"{Encoding.UTF8.GetString(document)}\n{Convert.ToHexString(document)}";

    private static void CheckBody(byte[] entity)
    {
        var isRead = BoshBodyReader.TryRead(entity, new(), out var body, out var error);
        var oracle = XmlOracle.ReadBody(entity);
        if (!isRead)
        {
            Assert.NotNull(error);
            Assert.True(oracle is null, $"refused ({error.Reason}), XmlReader accepts");
            return;
        }

        if (oracle is null)
        {
            Assert.True(IsOfFifthEdition(entity, XmlOracle.ReadBody), "accepted, XmlReader refuses");
            return;
        }

        Assert.Equal(RidOf(oracle.Wrapper.Attribute("rid")?.Value), body!.Rid);
        string? Of(string name) => oracle.Wrapper.Attribute(name)?.Value;
        Assert.Equal((Of("sid"), Of("to"), Of("{" + Ns.Xml + "}lang")), (body.Sid, body.To, body.Lang));
        Assert.Equal(Of("{" + Ns.XBosh + "}restart") is "true" or "1", body.Restart);
        Assert.Equal(oracle.Payloads.Count, body.Payloads.Count);
        for (var i = 0; i < oracle.Payloads.Count; i++) CheckStanza(oracle.Payloads[i], body.Payloads[i]);
    }

    private static BigInteger RidOf(string? text) =>
        text is { Length: > 0 }
        && text.All(char.IsAsciiDigit)
        && BigInteger.Parse(text, CultureInfo.InvariantCulture) is var rid
        && rid < BigInteger.One << 53
            ? rid
            : BoshBody.NoRid;

    private static void CheckElement(byte[] element)
    {
        var isRead = StanzaReader.TryRead(element, new(64, 64), out var stanza, out var fault);
        var oracle = XmlOracle.ReadElement(element);
        if (isRead != oracle is not null)
        {
            Assert.True(isRead && IsOfFifthEdition(element, XmlOracle.ReadElement), $"the readers differ ({fault})");
        }
        else if (isRead)
        {
            CheckStanza(oracle!, stanza!);
        }
    }

    private static bool IsOfFifthEdition<T>(byte[] document, Func<byte[], T?> read)
        where T : class => XmlOracle.InOldNames(document) is { } old && read(old) is not null;

    private static void CheckStanza(XElement expected, Stanza stanza)
    {
        Assert.Equal(Canonical.Form(expected), Canonical.Form(stanza.ToXElement()));
        Assert.Equal((expected.Name.LocalName, expected.Name.NamespaceName), (stanza.Name, stanza.Namespace));
        string? Of(XName name) => expected.Attribute(name)?.Value;
        Assert.Equal(new StanzaHeader(Of("from"), Of("to"), Of("id"), Of("type"), Of(XNamespace.Xml + "lang")), stanza.Header);
        var text = Encoding.UTF8.GetString(stanza.Bytes.Span);
        Assert.StartsWith(stanza.Namespace == Ns.Stream ? $"<stream:{stanza.Name} xmlns:stream=" : $"<{stanza.Name} xmlns=", text);

        var children = expected.Elements().ToList();
        Assert.Equal(
            children.Select(c => (c.Name.LocalName, c.Name.NamespaceName)),
            stanza.Children.ToArray().Select(c => (c.Name, c.Namespace)));
        for (var i = 0; i < children.Count; i++)
        {
            Assert.Equal(Canonical.Form(children[i]), Canonical.Form(Cut(stanza, stanza.Children[i])));
            Assert.Equal(children[i].Value, stanza.TextOf(stanza.Children[i]));
        }

        // Once more through a door: nothing is left to change.
        Assert.True(StanzaReader.TryRead(stanza.Bytes.Span, out var again));
        Assert.Equal(text, Encoding.UTF8.GetString(again.Bytes.Span));
        Assert.Equal(stanza.Children.ToArray(), again.Children.ToArray());
    }

    // The child's range alone between the stanza's own tags.
    private static XElement Cut(Stanza stanza, StanzaChild child)
    {
        var bytes = stanza.Bytes.Span;
        var quote = 0;
        var tagEnd = 0;
        for (; quote != 0 || bytes[tagEnd] != '>'; tagEnd++)
        {
            if (bytes[tagEnd] is (byte)'\'' or (byte)'"') quote = quote == 0 ? bytes[tagEnd] : quote == bytes[tagEnd] ? 0 : quote;
        }

        var range = stanza.Tail.Span.Slice(child.Offset, child.Length);
        byte[] cut = [.. bytes[..(tagEnd + 1)], .. range, .. bytes[bytes.LastIndexOf("</"u8)..]];
        var root = XElement.Parse(Encoding.UTF8.GetString(cut), LoadOptions.PreserveWhitespace);
        return Assert.IsType<XElement>(Assert.Single(root.Nodes()));
    }
}
