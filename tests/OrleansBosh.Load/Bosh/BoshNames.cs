using System.Xml.Linq;

namespace OrleansBosh.Load.Bosh;

/// <summary>The namespaces a client of BOSH meets.</summary>
public static class BoshNames
{
    public static XNamespace HttpBind { get; } = "http://jabber.org/protocol/httpbind";
    public static XNamespace XBosh { get; } = "urn:xmpp:xbosh";
    public static XNamespace Streams { get; } = "http://etherx.jabber.org/streams";
    public static XNamespace Client { get; } = "jabber:client";
    public static XNamespace Sasl { get; } = "urn:ietf:params:xml:ns:xmpp-sasl";
    public static XNamespace Bind { get; } = "urn:ietf:params:xml:ns:xmpp-bind";
    public static XNamespace Register { get; } = "jabber:iq:register";
    public static XNamespace Ping { get; } = "urn:xmpp:ping";
}
