using System.Xml.Linq;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>Answers that several parts of the domain give.</summary>
internal static class StanzaAnswers
{
    /// <summary>Our storage is out of order; the sender may try again.</summary>
    public static readonly StanzaError StorageFailed = new("internal-server-error", "wait");

    /// <summary>The result of an iq.</summary>
    public static Stanza Result(Stanza iq, XElement? content = null)
    {
        var header = new StanzaHeader(From: iq.To, To: iq.From, Id: iq.Id, Type: "result", Lang: null);
        return content is null ? Stanza.Create("iq", header) : Stanza.Create("iq", header, content);
    }
}
