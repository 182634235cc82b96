using System.Xml.Linq;

namespace OrleansBosh.Protocol.Xmpp;

/// <summary>A stanza error of RFC 6120 §8.3: the defined condition and the error type that goes with it.</summary>
public sealed record StanzaError(string Condition, string Type)
{
    public static readonly StanzaError BadRequest = new("bad-request", "modify");
    public static readonly StanzaError Conflict = new("conflict", "cancel");
    public static readonly StanzaError FeatureNotImplemented = new("feature-not-implemented", "cancel");
    public static readonly StanzaError Forbidden = new("forbidden", "auth");
    public static readonly StanzaError InternalServerError = new("internal-server-error", "cancel");
    public static readonly StanzaError ItemNotFound = new("item-not-found", "cancel");
    public static readonly StanzaError JidMalformed = new("jid-malformed", "modify");
    public static readonly StanzaError NotAcceptable = new("not-acceptable", "modify");
    public static readonly StanzaError NotAllowed = new("not-allowed", "cancel");
    public static readonly StanzaError NotAuthorized = new("not-authorized", "auth");
    public static readonly StanzaError PolicyViolation = new("policy-violation", "modify");
    public static readonly StanzaError RecipientUnavailable = new("recipient-unavailable", "wait");
    public static readonly StanzaError RemoteServerNotFound = new("remote-server-not-found", "cancel");
    public static readonly StanzaError ResourceConstraint = new("resource-constraint", "wait");
    public static readonly StanzaError ServiceUnavailable = new("service-unavailable", "cancel");

    /// <summary>
    /// The answer to <paramref name="cause"/>: same kind and id, addresses swapped, without the original content (RFC 6120 §8.3.1 makes
    /// returning it optional). Null when the cause may not be answered with an error (an error, an iq result, no stanza at all).
    /// </summary>
    /// <param name="cause">The stanza that failed.</param>
    /// <param name="text">An explanation for people, or null.</param>
    public Stanza? AnswerTo(Stanza cause, string? text = null)
    {
        if (cause.Kind == StanzaKind.Other || cause.Type == "error" || (cause.Kind == StanzaKind.Iq && cause.Type == "result")) return null;
        XNamespace ns = Ns.StanzaErrors;
        var error = new XElement(XName.Get("error", Ns.Client), new XAttribute("type", Type), new XElement(ns + Condition));
        if (text is not null) error.Add(new XElement(ns + "text", text));
        return Stanza.Create(cause.Name, new(From: cause.To, To: cause.From, Id: cause.Id, Type: "error", Lang: null), error);
    }
}
