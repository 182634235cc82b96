using System.Globalization;
using System.Xml.Linq;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>
/// What the domain itself answers (catalogue 3.2), at once and without storage. Only what works is advertised: clients switch on what
/// they see. Whatever is not known gets <c>service-unavailable</c>, since silence is worse than an error.
/// </summary>
internal sealed class DomainQueries(EmbeddedDomainSettings settings, TimeProvider time)
{
    private static readonly XNamespace Info = Ns.DiscoInfo;
    private static readonly XNamespace Items = Ns.DiscoItems;

    private readonly string[] _features =
    [
        Ns.DiscoInfo, Ns.DiscoItems, Ns.Ping, Ns.Roster, Ns.Version, Ns.Time, Ns.VCardTemp, "msgoffline",
        .. settings.AllowRegistration ? [Ns.Register] : (string[])[],
    ];

    /// <summary>The one answer to a get or set that is addressed to the domain.</summary>
    public Stanza Answer(Stanza iq)
    {
        var query = iq.Children[0];
        var isGet = iq.Type == "get";
        return (query.Name, query.Namespace) switch
        {
            ("query", Ns.DiscoInfo) when isGet => AnswerInfo(iq),
            ("query", Ns.DiscoItems) when isGet => StanzaAnswers.Result(iq, new XElement(Items + "query", NodeOf(iq, Items))),
            ("ping", Ns.Ping) when isGet => StanzaAnswers.Result(iq),
            ("query", Ns.Version) when isGet => StanzaAnswers.Result(iq, DescribeVersion()),
            ("time", Ns.Time) when isGet => StanzaAnswers.Result(iq, DescribeTime()),
            // P-NEG-04: it means nothing any more, but an error ends the login of clients that send it.
            ("session", Ns.Session) when !isGet => StanzaAnswers.Result(iq),
            _ => StanzaError.ServiceUnavailable.AnswerTo(iq)!,
        };
    }

    private Stanza AnswerInfo(Stanza iq)
    {
        if (NodeOf(iq, Info) is not null) return StanzaError.ItemNotFound.AnswerTo(iq)!;
        return StanzaAnswers.Result(iq, new XElement(
            Info + "query",
            new XElement(
                Info + "identity",
                new XAttribute("category", "server"),
                new XAttribute("type", "im"),
                new XAttribute("name", Product.Name)),
            _features.Select(feature => new XElement(Info + "feature", new XAttribute("var", feature)))));
    }

    private static XAttribute? NodeOf(Stanza iq, XNamespace ns) =>
        iq.TryToXElement(out var xml) ? xml.Element(ns + "query")?.Attribute("node") : null;

    private static XElement DescribeVersion()
    {
        XNamespace ns = Ns.Version;
        return new(ns + "query", new XElement(ns + "name", Product.Name), new XElement(ns + "version", Product.Version));
    }

    private XElement DescribeTime()
    {
        XNamespace ns = Ns.Time;
        var utc = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return new(ns + "time", new XElement(ns + "tzo", "+00:00"), new XElement(ns + "utc", utc));
    }
}
