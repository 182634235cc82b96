using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Load.Bosh;

/// <summary>
/// The <c>&lt;body/&gt;</c> of one answer, checked more strictly than any client does: what is refused here breaks some client somewhere.
/// </summary>
public sealed class BoshAnswer
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly XmlReaderSettings Settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };

    private BoshAnswer(byte[] raw, XElement body)
    {
        Raw = raw;
        Body = body;
        Payload = [.. body.Elements()];
    }

    /// <summary>The bytes of the entity.</summary>
    public byte[] Raw { get; }

    /// <summary>The parsed wrapper with its children.</summary>
    public XElement Body { get; }

    /// <summary>The children of the wrapper, in order.</summary>
    public IReadOnlyList<XElement> Payload { get; }

    /// <summary>The HTTP answer that carried it, if there was one.</summary>
    public HttpAnswer? Http { get; private init; }

    public string? Sid => this["sid"];
    public string? Type => this["type"];
    public string? Condition => this["condition"];
    public string? Host => this["host"];
    public long? Ack => Number("ack");
    public bool IsTerminate => Type == "terminate";
    public bool IsError => Type == "error";

    /// <summary>Neither a type nor a child: what the catalogue of requirements writes as ∅.</summary>
    public bool IsEmpty => Type is null && Payload.Count == 0;

    /// <summary>The <c>&lt;stream:features/&gt;</c> among the payload, or null.</summary>
    public XElement? Features => Payload.FirstOrDefault(e => e.Name == BoshNames.Streams + "features");

    /// <summary>The value of an attribute without a namespace, or null.</summary>
    public string? this[string name] => Body.Attribute(name)?.Value;

    /// <summary>The value of an attribute in <c>urn:xmpp:xbosh</c>, or null.</summary>
    public string? XBosh(string name) => Body.Attribute(BoshNames.XBosh + name)?.Value;

    /// <summary>The value of a numeric attribute, or null if it is absent.</summary>
    /// <exception cref="BoshProtocolException">The value is not a row of ASCII digits.</exception>
    public long? Number(string name)
    {
        if (this[name] is not { } text)
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new BoshProtocolException($"The attribute {name}='{text}' of the body is not a number.");
    }

    /// <summary>Reads the answer of a BOSH request.</summary>
    /// <exception cref="BoshProtocolException">
    /// The status is neither 200 nor a legacy code with a terminating body, or the entity breaks the rules.
    /// </exception>
    public static BoshAnswer Parse(HttpAnswer http)
    {
        // XEP-0124 §17.1: sessions opened without 'ver' get HTTP codes; the body still says what happened (B-LEG-02).
        if (http.Status is not (200 or 400 or 403 or 404))
            throw new BoshProtocolException($"The server answered HTTP {http.Status} {http.Reason}.");
        if (http.Status != 200 && http.Entity.Length == 0)
            throw new BoshProtocolException($"The server answered HTTP {http.Status} {http.Reason} without a body.");
        var parsed = Parse(http.Entity);
        if (http.Status != 200 && !parsed.IsTerminate)
            throw new BoshProtocolException($"The server answered HTTP {http.Status} with a body that does not terminate the session.");
        return new BoshAnswer(parsed.Raw, parsed.Body) { Http = http };
    }

    /// <summary>Reads the entity of an answer.</summary>
    /// <exception cref="BoshProtocolException">It is not exactly one well-formed wrapper that keeps the rules.</exception>
    public static BoshAnswer Parse(byte[] entity)
    {
        var body = ReadXml(entity);
        CheckWrapper(body);
        foreach (var child in body.Elements())
            CheckPayload(body, child);
        return new BoshAnswer(entity, body);
    }

    public override string ToString() => Encoding.UTF8.GetString(Raw);

    private static XElement ReadXml(byte[] entity)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(StrictUtf8.GetString(entity)), Settings);
            var document = XDocument.Load(reader, LoadOptions.PreserveWhitespace);
            foreach (var node in document.DescendantNodes())
            {
                if (node is XComment or XProcessingInstruction)
                    throw Broken($"a {node.NodeType} is forbidden (XEP-0124 §6)");
            }

            return document.Root!;
        }
        catch (DecoderFallbackException e)
        {
            throw new BoshProtocolException("The answer is not valid UTF-8.", e);
        }
        catch (XmlException e)
        {
            throw new BoshProtocolException($"The answer is not well-formed XML: {e.Message}", e);
        }
    }

    private static void CheckWrapper(XElement body)
    {
        if (body.Name != BoshNames.HttpBind + "body")
            throw Broken($"the root is {body.Name}, not a body in {BoshNames.HttpBind}");
        if (body.Nodes().OfType<XText>().FirstOrDefault() is { } text)
            throw Broken($"there is text directly in the body: '{text.Value}'");
        if (body.Attribute("type")?.Value is { } type && type is not ("terminate" or "error"))
            throw Broken($"type='{type}' is not defined");
        if (body.Attribute("condition") is not null && body.Attribute("type")?.Value != "terminate")
            throw Broken("a condition stands on a body that does not terminate");
    }

    private static void CheckPayload(XElement body, XElement child)
    {
        // XEP-0206 §2: a child without a namespace of its own falls into that of the wrapper; only <uri/> belongs there (see-other-uri).
        if (child.Name.Namespace == BoshNames.HttpBind && child.Name.LocalName != "uri")
            throw Broken($"the payload <{child.Name.LocalName}/> has no namespace of its own (B-XMPP-09)");
        if (child.Name.Namespace != BoshNames.Streams)
            return;
        if (body.Attribute(XNamespace.Xmlns + "stream")?.Value != BoshNames.Streams.NamespaceName)
            throw Broken("xmlns:stream is not declared on the body (B-XMPP-04)");
        // Converse reads an attribute of every child node and stops at a text node.
        if (child.Name.LocalName == "features" && child.Nodes().Any(n => n is not XElement))
            throw Broken("there is text between the stream features (P-NEG-03)");
    }

    private static BoshProtocolException Broken(string what) => new($"The answer breaks the protocol: {what}.");
}
