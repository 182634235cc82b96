using System.Xml.Linq;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>
/// What <c>stream:features</c> say. Children are unprefixed, each with its own namespace, and nothing stands between them (P-NEG-03).
/// </summary>
internal static class StreamFeatures
{
    private static readonly XNamespace Sasl = Ns.Sasl;

    /// <summary>Before login (P-NEG-01, P-NEG-07).</summary>
    public static Stanza BeforeLogin(IEnumerable<string> mechanisms, bool offerRegistration)
    {
        var offer = new XElement(Sasl + "mechanisms", mechanisms.Select(name => new XElement(Sasl + "mechanism", name)));
        return offerRegistration ? Create(offer, new XElement(XName.Get("register", Ns.RegisterFeature))) : Create(offer);
    }

    /// <summary>After login (P-NEG-05). No <c>session</c> (P-NEG-04) and no stream management, which BOSH has itself (B-EXT-03).</summary>
    public static readonly Stanza AfterLogin = Create(
        new XElement(XName.Get("bind", Ns.Bind)),
        new XElement(XName.Get("ver", Ns.RosterVersioning)),
        new XElement(XName.Get("sub", Ns.PreApproval)),
        new XElement(XName.Get("csi", Ns.Csi)));

    private static Stanza Create(params ReadOnlySpan<XElement> features)
    {
        var nodes = new XNode[features.Length];
        for (var i = 0; i < nodes.Length; i++) nodes[i] = features[i];
        return Stanza.Create("features", Ns.Stream, default, [], nodes);
    }
}
