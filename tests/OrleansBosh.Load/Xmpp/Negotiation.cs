using System.Text;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Load.Xmpp;

/// <summary>
/// From the creation answer to the bound resource, step by step: one request, its answer, the next request. An answer that does not yet
/// hold what was asked for is followed by an empty request, as Strophe does.
/// </summary>
internal sealed class Negotiation(IBoshExchange session, BoshClientOptions options)
{
    private readonly List<XElement> _unclaimed = [];

    /// <summary>Stanzas that came along and belong to nobody here.</summary>
    public IReadOnlyList<XElement> Unclaimed => _unclaimed;

    public async Task<string> LoginAsync(BoshAnswer creation, BoshLogin login, CancellationToken cancellation)
    {
        var features = await ExpectAsync(creation, e => e.Name == BoshNames.Streams + "features", cancellation);
        await AuthenticateAsync(features, login, cancellation);
        features = await AskAsync(
            [("to", options.Domain), ("xml:lang", options.Lang), ("xmpp:restart", "true")],
            null, e => e.Name == BoshNames.Streams + "features", cancellation);
        if (features.Element(BoshNames.Bind + "bind") is null)
            throw new LoginException("bind-not-offered");
        return await BindAsync(login.Resource, cancellation);
    }

    /// <summary>Creates an account by XEP-0077, before authentication.</summary>
    public async Task RegisterAsync(string user, string password, CancellationToken cancellation)
    {
        await IqAsync("reg-form", StanzaXml.Iq("get", new XElement(BoshNames.Register + "query"), options.Domain, "reg-form"), cancellation);
        var fields = new XElement(
            BoshNames.Register + "query",
            new XElement(BoshNames.Register + "username", user),
            new XElement(BoshNames.Register + "password", password));
        await IqAsync("reg-set", StanzaXml.Iq("set", fields, options.Domain, "reg-set"), cancellation);
    }

    private async Task AuthenticateAsync(XElement features, BoshLogin login, CancellationToken cancellation)
    {
        var offered = features.Descendants(BoshNames.Sasl + "mechanism").Select(m => m.Value).ToList();
        if (!offered.Contains(login.Mechanism))
            throw new LoginException("mechanism-not-offered", $"{login.Mechanism}; the server offers {string.Join(", ", offered)}");

        var sasl = login.Start();
        var request = new XElement(BoshNames.Sasl + "auth", new XAttribute("mechanism", login.Mechanism), Encode(sasl.First(), isFirst: true));
        while (true)
        {
            var reply = await AskAsync([], request, e => e.Name.Namespace == BoshNames.Sasl, cancellation);
            switch (reply.Name.LocalName)
            {
                case "success":
                    sasl.Finish(Decode(reply.Value));
                    return;
                case "challenge":
                    request = new XElement(BoshNames.Sasl + "response", Encode(sasl.Respond(Decode(reply.Value)), isFirst: false));
                    break;
                default:
                    throw new LoginException(
                        reply.Elements().FirstOrDefault(e => e.Name.LocalName != "text")?.Name.LocalName ?? reply.Name.LocalName,
                        reply.Element(BoshNames.Sasl + "text")?.Value);
            }
        }
    }

    private async Task<string> BindAsync(string? resource, CancellationToken cancellation)
    {
        var bind = new XElement(BoshNames.Bind + "bind", resource is null ? null : new XElement(BoshNames.Bind + "resource", resource));
        var result = await IqAsync("bind", StanzaXml.Iq("set", bind, id: "bind"), cancellation);
        return result.Element(BoshNames.Bind + "bind")?.Element(BoshNames.Bind + "jid")?.Value
            ?? throw new BoshProtocolException($"The result of the resource binding has no JID: {StanzaXml.Text(result)}");
    }

    private async Task<XElement> IqAsync(string id, XElement iq, CancellationToken cancellation)
    {
        var reply = await AskAsync(
            [], iq, e => e.Name == BoshNames.Client + "iq" && e.Attribute("id")?.Value == id, cancellation);
        return StanzaXml.ErrorCondition(reply) is { } condition ? throw new LoginException(condition) : reply;
    }

    private async Task<XElement> AskAsync(
        IEnumerable<(string Name, string? Value)> attributes, XElement? payload, Func<XElement, bool> isReply, CancellationToken cancellation)
    {
        var answer = await session.ExchangeAsync(attributes, payload is null ? [] : [StanzaXml.Text(payload)], cancellation);
        return await ExpectAsync(answer, isReply, cancellation);
    }

    private async Task<XElement> ExpectAsync(BoshAnswer answer, Func<XElement, bool> isReply, CancellationToken cancellation)
    {
        while (true)
        {
            if (answer.IsTerminate)
                throw new BoshTerminatedException(answer.Condition, answer);
            _unclaimed.AddRange(answer.Payload.Where(e => e.Name.Namespace == BoshNames.Client && !isReply(e)));
            if (answer.Payload.FirstOrDefault(isReply) is { } reply)
                return reply;
            answer = await session.ExchangeAsync([], [], cancellation);
        }
    }

    // RFC 6120 §6.4.2: '=' is an empty initial response; a later response that is empty has no text.
    private static string Encode(string message, bool isFirst) =>
        message.Length == 0 && isFirst ? "=" : Convert.ToBase64String(Encoding.UTF8.GetBytes(message));

    private static string Decode(string text)
    {
        try
        {
            return text is "" or "=" ? "" : Encoding.UTF8.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            throw new LoginException("malformed-base64", text);
        }
    }
}
