using System.Globalization;
using System.Text;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Benchmarks;

/// <summary>What clients write.</summary>
internal static class Wire
{
    public const string Ping = "<iq xmlns='jabber:client' type='get' id='iq17' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";

    public static byte[] Entity(long rid, string attributes, string payload) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' rid='{rid}' {attributes}>{payload}</body>"));

    public static BoshBody Read(byte[] entity) =>
        BoshBodyReader.TryRead(entity, new BoshBodyLimits(), out var body, out var error) ? body : throw new FormatException(error.Reason);

    public static string Message(string to) =>
        $"<message xmlns='jabber:client' to='{to}' type='chat' id='m1'><body>Art thou not Romeo, and a Montague?</body></message>";

    public static Stanza Stanza(string text) =>
        StanzaReader.TryRead(Encoding.UTF8.GetBytes(text), out var stanza) ? stanza : throw new FormatException(text);
}
