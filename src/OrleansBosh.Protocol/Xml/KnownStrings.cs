using System.Text;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Xml;

/// <summary>
/// The words that nearly every stanza repeats, so that reading one makes no new string of them. The table is fixed: what peers send is
/// never added to it.
/// </summary>
internal static class KnownStrings
{
    private const int Slots = 1024;
    private const int MaxLength = 64;

    private static readonly string[] Words =
    [
        "message", "iq", "presence", "body", "subject", "thread", "error", "text", "query", "item", "group", "x", "c", "r", "html",
        "show", "status", "priority", "away", "xa", "dnd", "chat", "ping", "bind", "session", "resource", "jid", "features", "delay",
        "vCard", "pubsub", "event", "request", "received", "active", "composing", "paused", "inactive", "gone", "store", "no-store",
        "no-copy", "origin-id", "stanza-id", "replace", "markable", "displayed", "enable", "enabled", "disable", "auth", "response",
        "challenge", "success", "failure", "abort", "mechanism", "mechanisms", "storage", "sent", "forwarded",
        "get", "set", "result", "normal", "groupchat", "headline", "unavailable", "subscribe", "subscribed", "unsubscribe",
        "unsubscribed", "probe", "cancel", "modify", "wait", "continue", "terminate", "PLAIN", "ANONYMOUS", "SCRAM-SHA-1",
        "SCRAM-SHA-256", "en", "de", "fr", "es", "0", "1", "2", "60", "1.0", "1.6", "1.8", "1.10", "1.11", "true", "false", "localhost",
        "text/xml; charset=utf-8", "xmlns", "urn:xmpp:receipts", "urn:xmpp:sid:0", "urn:xmpp:carbons:2", "urn:xmpp:mam:2",
        "urn:xmpp:forward:0", "urn:xmpp:chat-markers:0", "urn:xmpp:message-correct:0", "urn:xmpp:avatar:metadata",
        "vcard-temp:x:update", "jabber:iq:private", "jabber:x:oob", "http://jabber.org/protocol/caps", "http://jabber.org/protocol/muc",
        "http://jabber.org/protocol/muc#user", "http://jabber.org/protocol/pubsub", "http://jabber.org/protocol/pubsub#event",
        "http://jabber.org/protocol/xhtml-im", "http://www.w3.org/1999/xhtml",
        Ns.HttpBind, Ns.XBosh, Ns.Stream, Ns.StreamErrors, Ns.StanzaErrors, Ns.Client, Ns.Xml, Ns.Xmlns, Ns.Sasl, Ns.Bind, Ns.Session,
        Ns.Roster, Ns.RosterVersioning, Ns.PreApproval, Ns.Register, Ns.RegisterFeature, Ns.Version, Ns.Ping, Ns.DiscoInfo, Ns.DiscoItems,
        Ns.Delay, Ns.Hints, Ns.ChatStates, Ns.Csi, Ns.StreamManagement, Ns.VCardTemp,
    ];

    private static readonly (byte[] Bytes, string Text)[][] Table = Build();

    /// <summary>The string of these bytes: the shared one of a known word, else a new one.</summary>
    public static string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return "";
        if (utf8.Length <= MaxLength)
        {
            foreach (var (bytes, text) in Table[Slot(utf8)])
            {
                if (utf8.SequenceEqual(bytes)) return text;
            }
        }

        return Encoding.UTF8.GetString(utf8);
    }

    private static (byte[] Bytes, string Text)[][] Build()
    {
        var lists = new List<(byte[], string)>[Slots];
        foreach (var word in Words.Distinct())
        {
            var bytes = Encoding.UTF8.GetBytes(word);
            (lists[Slot(bytes)] ??= []).Add((bytes, word));
        }

        return [.. lists.Select(list => list is null ? [] : list.ToArray())];
    }

    private static int Slot(ReadOnlySpan<byte> utf8) =>
        ((utf8.Length * 37) + (utf8[0] * 5) + (utf8[utf8.Length / 2] * 97) + (utf8[^1] * 13)) & (Slots - 1);
}
