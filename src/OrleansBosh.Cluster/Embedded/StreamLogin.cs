using System.Xml.Linq;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Sasl;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>SASL on one stream (RFC 6120 §6): elements to octets and back, and the account store between them.</summary>
internal sealed class StreamLogin(SaslServer sasl, EmbeddedBackend backend, string domain)
{
    public SaslServer Sasl { get; } = sasl;

    /// <summary>Handles one SASL element and tells the client what follows from it.</summary>
    /// <returns>How the exchange stands: a challenge, success or failure.</returns>
    public async ValueTask<SaslStep> HandleAsync(Stanza element, IXmppClient client)
    {
        var step = await StepAsync(element);
        client.Send(step switch
        {
            SaslStep.Challenge challenge => WithData("challenge", challenge.Data),
            SaslStep.Success success => WithData("success", success.Data),
            SaslStep.Failure failure => Failure(failure.Condition),
            _ => throw new InvalidOperationException("SASL asked for credentials twice."),
        });
        return step;
    }

    public static Stanza Failure(string condition) =>
        Stanza.Create("failure", Ns.Sasl, default, [], new XElement(XName.Get(condition, Ns.Sasl)));

    private async ValueTask<SaslStep> StepAsync(Stanza element)
    {
        if (!element.TryToXElement(out var xml)) return Abort(SaslCondition.MalformedRequest);
        if (!TryDecode(xml.Value, out var data)) return Abort(SaslCondition.IncorrectEncoding);
        SaslStep step;
        switch (element.Name)
        {
            case "auth":
                step = Sasl.Begin((string?)xml.Attribute("mechanism") ?? "", data);
                break;
            case "response":
                step = Sasl.Respond(data ?? []);
                break;
            case "abort":
                return Abort(SaslCondition.Aborted);
            default:
                return Abort(SaslCondition.MalformedRequest);
        }

        return step is SaslStep.NeedCredentials needed ? await SupplyAsync(needed.Local) : step;
    }

    private async ValueTask<SaslStep> SupplyAsync(string local)
    {
        try
        {
            var credentials = await backend.Accounts.FindAsync(domain, local);

            // For PLAIN this derives keys, which takes milliseconds: not in a turn of the session.
            return await Task.Run(() => Sasl.Supply(credentials));
        }
        catch (StorageException exception)
        {
            backend.LogStorageFailed(exception);
            return Abort(SaslCondition.TemporaryAuthFailure);
        }
    }

    private SaslStep.Failure Abort(string condition)
    {
        Sasl.Abort();
        return new(condition);
    }

    /// <summary>An empty element is no data, <c>=</c> is data of length zero (RFC 6120 §6.4.2).</summary>
    private static bool TryDecode(string text, out byte[]? data)
    {
        data = null;
        text = text.Trim();
        if (text.Length == 0) return true;
        if (text == "=")
        {
            data = [];
            return true;
        }

        var buffer = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, buffer, out var length)) return false;
        data = buffer[..length];
        return true;
    }

    private static Stanza WithData(string name, byte[]? data) => data is null
        ? Stanza.Create(name, Ns.Sasl, default, [])
        : Stanza.Create(name, Ns.Sasl, default, [], new XText(data.Length == 0 ? "=" : Convert.ToBase64String(data)));
}
