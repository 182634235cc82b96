using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansBosh.Protocol.Xml;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>
/// Reads the entity of a POST: the one place where a client's XML is parsed (XEP-0124 §6, B-XML-01…08). The attributes come out unescaped
/// but not interpreted, apart from <c>rid</c>; the payloads come out as stanzas that stand alone.
/// </summary>
public static class BoshBodyReader
{
    // 2⁵³−1, the largest integer of an XML client's number type.
    private const long MaxRid = 9007199254740991;

    private static readonly SearchValues<byte> Space = SearchValues.Create(" \t\r\n"u8);

    /// <summary>Reads <paramref name="entity"/>, which nothing keeps a reference to.</summary>
    /// <param name="entity">The whole entity of the request.</param>
    /// <param name="limits">What to let through.</param>
    /// <param name="body">The body that was read.</param>
    /// <param name="error">The condition to answer with, and why.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> entity,
        BoshBodyLimits limits,
        [NotNullWhen(true)] out BoshBody? body,
        [NotNullWhen(false)] out BoshBodyError? error)
    {
        // The payloads' depth counts from 1 below <body/>.
        var depth = limits.MaxDepth == int.MaxValue ? int.MaxValue : limits.MaxDepth + 1;
        var scanner = new XmlScanner(entity.Span, new(depth, limits.MaxAttributes));
        try
        {
            body = Read(ref scanner, limits);
            error = body is null ? new(scanner.Fault ?? "not a body", scanner.Limit) : null;
            return body is not null;
        }
        finally
        {
            scanner.Dispose();
        }
    }

    private static BoshBody? Read(ref XmlScanner scanner, BoshBodyLimits limits)
    {
        if (scanner.Read() != XmlToken.StartElement) return null;
        if (!scanner.Name.Local(scanner.Source).SequenceEqual("body"u8) || scanner.Namespace != Ns.HttpBind)
        {
            scanner.Fail("the root is no body of httpbind");
            return null;
        }

        var attributes = new BodyAttributes();
        foreach (var attribute in scanner.Attributes) ReadAttribute(ref scanner, attribute, ref attributes);
        if (!TryReadPayloads(ref scanner, limits, out var payloads)) return null;
        return scanner.Read() == XmlToken.End ? attributes.ToBody(payloads) : null;
    }

    private static bool TryReadPayloads(ref XmlScanner scanner, BoshBodyLimits limits, out Stanza[] payloads)
    {
        payloads = [];
        if (scanner.IsEmpty) return scanner.Read() == XmlToken.EndElement;
        var reader = PayloadReader.Rent(scanner.Namespaces.Count, limits.MaxStanzaBytes);
        try
        {
            return TryReadPayloads(ref scanner, limits, reader, ref payloads);
        }
        finally
        {
            reader.Return();
        }
    }

    private static bool TryReadPayloads(ref XmlScanner scanner, BoshBodyLimits limits, PayloadReader reader, ref Stanza[] payloads)
    {
        List<Stanza>? read = null;
        while (true)
        {
            var token = scanner.Read();
            switch (token)
            {
                case XmlToken.Fault:
                    return false;
                case XmlToken.EndElement:
                    if (read is not null) payloads = [.. read];
                    return true;
                case XmlToken.StartElement:
                    read ??= [];
                    var start = scanner.TokenStart;
                    if (read.Count >= limits.MaxPayloads) return Refuse(ref scanner, "too many payloads", XmlLimit.Payloads);
                    if (!reader.TryRead(ref scanner, out var stanza)) return false;
                    if (scanner.Position - start > limits.MaxStanzaBytes) return Refuse(ref scanner, "too large a payload", XmlLimit.PayloadBytes);
                    read.Add(stanza);
                    break;
                default:
                    // B-XML-04: indentation is ignored, other text is an error.
                    if (!IsSpace(token, scanner.Token)) return Refuse(ref scanner, "text between the payloads");
                    break;
            }
        }
    }

    private static bool Refuse(ref XmlScanner scanner, string reason, XmlLimit? limit = null)
    {
        scanner.Fail(reason, limit);
        return false;
    }

    // Character data is what it decodes to: a reference to a space is white space as well, however odd.
    private static bool IsSpace(XmlToken kind, ReadOnlySpan<byte> token)
    {
        if (kind == XmlToken.CData) return !token["<![CDATA[".Length..^"]]>".Length].ContainsAnyExcept(Space);
        if (!token.ContainsAnyExcept(Space)) return true;
        if (!token.Contains((byte)'&')) return false;
        var decoded = new ArrayBufferWriter<byte>(token.Length);
        XmlDecoder.AppendText(token, decoded);
        return !decoded.WrittenSpan.ContainsAnyExcept(Space);
    }

    // B-RID-01: ASCII digits, 1 … 2⁵³−1. Leading zeros do not change the number.
    private static long ParseRid(string? text) =>
        text is not null
        && !text.AsSpan().ContainsAnyExceptInRange('0', '9')
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rid)
        && rid is >= 1 and <= MaxRid
            ? rid
            : BoshBody.NoRid;

    private static void ReadAttribute(ref XmlScanner scanner, in XmlAttribute attribute, ref BodyAttributes body)
    {
        if (attribute.IsDeclaration) return;
        var text = scanner.Source;
        var local = attribute.Name.Local(text);
        if (attribute.Name.IsPrefixed)
        {
            ReadPrefixed(ref scanner, attribute, local, ref body);
            return;
        }

        // B-ATT-15: BOSH's own attributes have no namespace. Unknown ones are ignored.
        switch (local.Length)
        {
            case 2 when local.SequenceEqual("to"u8): body.To = attribute.Value(text); break;
            case 3 when local.SequenceEqual("rid"u8): body.Rid = attribute.Value(text); break;
            case 3 when local.SequenceEqual("sid"u8): body.Sid = attribute.Value(text); break;
            case 3 when local.SequenceEqual("key"u8): body.Key = attribute.Value(text); break;
            case 3 when local.SequenceEqual("ack"u8): body.Ack = attribute.Value(text); break;
            case 3 when local.SequenceEqual("ver"u8): body.Ver = attribute.Value(text); break;
            case 4 when local.SequenceEqual("type"u8): body.Type = attribute.Value(text); break;
            case 4 when local.SequenceEqual("wait"u8): body.Wait = attribute.Value(text); break;
            case 4 when local.SequenceEqual("hold"u8): body.Hold = attribute.Value(text); break;
            case 5 when local.SequenceEqual("pause"u8): body.Pause = attribute.Value(text); break;
            case 5 when local.SequenceEqual("route"u8): body.Route = attribute.Value(text); break;
            case 6 when local.SequenceEqual("newkey"u8): body.NewKey = attribute.Value(text); break;
            case 6 when local.SequenceEqual("stream"u8): body.Stream = attribute.Value(text); break;
            case 6 when local.SequenceEqual("secure"u8): body.Secure = attribute.Value(text); break;
            case 7 when local.SequenceEqual("content"u8): body.Content = attribute.Value(text); break;
            case 9 when local.SequenceEqual("condition"u8): body.Condition = attribute.Value(text); break;
        }
    }

    private static void ReadPrefixed(ref XmlScanner scanner, in XmlAttribute attribute, ReadOnlySpan<byte> local, ref BodyAttributes body)
    {
        var text = scanner.Source;
        switch (scanner.Namespaces.NamespaceOf(text, attribute.Binding))
        {
            case Ns.Xml when local.SequenceEqual("lang"u8):
                body.Lang = attribute.Value(text);
                break;
            case Ns.XBosh when local.SequenceEqual("restart"u8):
                body.Restart = attribute.Value(text) is "true" or "1";
                break;
        }
    }

    private struct BodyAttributes
    {
        public string? Rid;
        public string? Sid;
        public string? To;
        public string? Route;
        public string? Lang;
        public string? Ver;
        public string? Wait;
        public string? Hold;
        public string? Ack;
        public string? Content;
        public string? Type;
        public string? Condition;
        public string? Pause;
        public string? Key;
        public string? NewKey;
        public string? Stream;
        public string? Secure;
        public bool Restart;

        public readonly BoshBody ToBody(Stanza[] payloads) => new()
        {
            Rid = ParseRid(Rid),
            Sid = Sid,
            To = To,
            Route = Route,
            Lang = Lang,
            Ver = Ver,
            Wait = Wait,
            Hold = Hold,
            Ack = Ack,
            Content = Content,
            Type = Type,
            Condition = Condition,
            Pause = Pause,
            Key = Key,
            NewKey = NewKey,
            Stream = Stream,
            Secure = Secure,
            Restart = Restart,
            Payloads = payloads,
        };
    }
}
