using System.Security;
using System.Text;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Load.Bosh;

/// <summary>One request with its exact bytes, which never change: sending it again is sending the same bytes again.</summary>
/// <param name="Rid">The request id that the entity carries, for bookkeeping.</param>
/// <param name="Entity">The bytes of the entity; not necessarily a valid body.</param>
public sealed record BoshRequest(long Rid, byte[] Entity)
{
    /// <summary>
    /// Writes a wrapper. Attribute names are taken literally (<c>xmpp:restart</c>, <c>xmlns:z</c>); those with a null value are left out;
    /// <c>xmlns:xmpp</c> is declared where a name needs it. Payload is put in as it is.
    /// </summary>
    public static BoshRequest Of(long rid, IEnumerable<(string Name, string? Value)> attributes, IEnumerable<string> payload)
    {
        var text = new StringBuilder(256).Append("<body xmlns='http://jabber.org/protocol/httpbind'");
        var present = attributes.Where(a => a.Value is not null).ToList();
        if (present.Exists(a => a.Name.StartsWith("xmpp:", StringComparison.Ordinal)) && !present.Exists(a => a.Name == "xmlns:xmpp"))
            present.Add(("xmlns:xmpp", BoshNames.XBosh.NamespaceName));
        foreach (var (name, value) in present)
            text.Append(' ').Append(name).Append("='").Append(Escape(value!)).Append('\'');

        var before = text.Length;
        text.Append('>').AppendJoin("", payload);
        if (text.Length == before + 1)
            text.Insert(before, '/');
        else
            text.Append("</body>");
        return new BoshRequest(rid, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>The whole HTTP request for a node.</summary>
    public byte[] ToHttp(Uri node, BoshClientOptions options) =>
        HttpRequestText.Post(node, Entity, options.RequestContentType, options.Headers);

    public override string ToString() => Encoding.UTF8.GetString(Entity);

    // White space other than blanks would be normalized away by the reader unless it is written as a reference.
    private static string Escape(string value) => SecurityElement.Escape(value)
        .Replace("\t", "&#9;", StringComparison.Ordinal)
        .Replace("\n", "&#10;", StringComparison.Ordinal)
        .Replace("\r", "&#13;", StringComparison.Ordinal);
}
