using System.Xml.Linq;

namespace OrleansBosh.Protocol.Xmpp;

/// <summary>A stream error of RFC 6120 §4.9: it ends the stream, and over BOSH the session (B-XMPP-10).</summary>
/// <param name="Condition">The defined condition, for example <c>conflict</c>.</param>
/// <param name="Text">An explanation for people, or null.</param>
public sealed record StreamError(string Condition, string? Text = null)
{
    /// <summary>The <c>&lt;stream:error/&gt;</c> element.</summary>
    public Stanza ToStanza()
    {
        XNamespace ns = Ns.StreamErrors;
        return Text is null
            ? Stanza.Create("error", Ns.Stream, default, [], new XElement(ns + Condition))
            : Stanza.Create("error", Ns.Stream, default, [], new XElement(ns + Condition), new XElement(ns + "text", Text));
    }
}
