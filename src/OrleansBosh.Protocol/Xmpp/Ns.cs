namespace OrleansBosh.Protocol.Xmpp;

/// <summary>XML namespaces of the RFCs and XEPs this server speaks.</summary>
public static class Ns
{
    public const string HttpBind = "http://jabber.org/protocol/httpbind";
    public const string XBosh = "urn:xmpp:xbosh";
    public const string Stream = "http://etherx.jabber.org/streams";
    public const string StreamErrors = "urn:ietf:params:xml:ns:xmpp-streams";
    public const string StanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";
    public const string Client = "jabber:client";
    public const string Xml = "http://www.w3.org/XML/1998/namespace";
    public const string Xmlns = "http://www.w3.org/2000/xmlns/";
    public const string Sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
    public const string Bind = "urn:ietf:params:xml:ns:xmpp-bind";
    public const string Session = "urn:ietf:params:xml:ns:xmpp-session";
    public const string Roster = "jabber:iq:roster";
    public const string RosterVersioning = "urn:xmpp:features:rosterver";
    public const string PreApproval = "urn:xmpp:features:pre-approval";
    public const string Register = "jabber:iq:register";
    public const string RegisterFeature = "http://jabber.org/features/iq-register";
    public const string Version = "jabber:iq:version";
    public const string Ping = "urn:xmpp:ping";
    public const string DiscoInfo = "http://jabber.org/protocol/disco#info";
    public const string DiscoItems = "http://jabber.org/protocol/disco#items";
    public const string Delay = "urn:xmpp:delay";
    public const string Hints = "urn:xmpp:hints";
    public const string ChatStates = "http://jabber.org/protocol/chatstates";
    public const string Csi = "urn:xmpp:csi:0";
    public const string StreamManagement = "urn:xmpp:sm:3";
    public const string VCardTemp = "vcard-temp";
    public const string PubSub = "http://jabber.org/protocol/pubsub";
    public const string Time = "urn:xmpp:time";
}
