using System.Globalization;
using System.Text;
using OrleansBosh.Protocol.Tests.Xml;

namespace OrleansBosh.Protocol.Tests.Fuzz;

/// <summary>
/// Entities that look like a client's, with every attribute of BOSH in good and nasty values, payloads out of
/// <see cref="DocumentWriter"/>, and now and then some damage.
/// </summary>
internal static class HostileEntity
{
    private static readonly string[] Names =
    [
        "to", "from", "route", "ver", "wait", "hold", "ack", "content", "type", "condition", "pause", "key", "newkey", "stream", "secure",
        "xml:lang", "xmpp:version", "xmpp:restart", "polling", "inactivity", "authid", "unknown",
    ];

    private static readonly string[] Values =
    [
        "", " ", "0", "1", "2", "60", "-1", "+1", "1.11", "1.", ".1", "1.6.2", "99999999999.99999999999", "2147483647", "2147483648",
        "9007199254740991", "9007199254740993", "99999999999999999999999999", " 7 ", "0x10", "1e9", "&#49;", "&#1633;", "true", "false",
        "terminate", "terminal", "error", "text/xml; charset=utf-8", "text/html", "text/xml; charset=", "text/xml; charset=&quot;&#13;&#10;&quot;",
        "application/xml", ";;=", "text/xml;charset='utf-8'", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "key", "xmpp:example.com:5222",
        "example.com", "&lt;/body>&amp;&#9;&#10;", "&quot;&apos;", "😀&#x10FFFF;", "\u0085", "en", "de-AT",
    ];

    /// <summary>A creation request: mostly one that is accepted.</summary>
    public static byte[] Creation(Choices choices, long rid)
    {
        var head = choices.Pick(
            " ver='1.11' wait='5' hold='1'", " ver='1.6' wait='10' hold='2' ack='1'", " wait='60' hold='0'", " hold='1' ack='1'", "",
            " ver='1.11' wait='2' hold='9'");
        // Keys are out of reach of what is random: such a session ends with its first request.
        var key = choices.OneIn(16) ? " newkey='da39a3ee5e6b4b0d3255bfef95601890afd80709'" : "";
        return Write(choices, rid, " to='example.com'" + head + key);
    }

    /// <summary>A later request.</summary>
    /// <param name="choices">What it looks like.</param>
    /// <param name="rid">Its rid, unless the choices fall on a nasty one.</param>
    /// <param name="sid">Its session.</param>
    public static byte[] Request(Choices choices, long rid, string sid) => Write(choices, rid, $" sid='{sid}'");

    private static byte[] Write(Choices choices, long rid, string head)
    {
        var text = new StringBuilder("<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh'");
        var ridText = choices.OneIn(50) ? choices.Pick(Values) : rid.ToString(CultureInfo.InvariantCulture);
        text.Append(" rid='").Append(ridText).Append('\'').Append(head);
        Attributes(choices, text, head, rid);
        if (choices.OneIn(2))
        {
            text.Append("/>");
        }
        else
        {
            text.Append('>');
            for (var i = choices.Next(4); i > 0; i--) text.Append(Payload(choices));
            text.Append("</body>");
        }

        var entity = Encoding.UTF8.GetBytes(text.ToString());
        return choices.OneIn(12) ? Mutation.Apply(entity, choices) : entity;
    }

    // None twice, or nearly every entity would be refused for that alone; the damage sees to duplicates.
    private static void Attributes(Choices choices, StringBuilder text, string head, long rid)
    {
        var names = new HashSet<string>();
        for (var i = choices.OneIn(3) ? choices.Next(5) : 0; i > 0; i--)
        {
            var name = choices.Pick(Names);
            if (head.Contains($" {name}=", StringComparison.Ordinal) || !names.Add(name)) continue;
            var value = name switch
            {
                "ack" when !choices.OneIn(3) => (rid - choices.Next(4)).ToString(CultureInfo.InvariantCulture),
                "pause" when !choices.OneIn(3) => choices.Pick("1", "3", "6", "0"),
                "type" when choices.OneIn(2) => "set",
                "xmpp:restart" => choices.Pick("true", "1", "false", "&#116;rue"),
                _ => choices.Pick(Values),
            };
            text.Append(' ').Append(name).Append("='").Append(value).Append('\'');
        }
    }

    private static string Payload(Choices choices)
    {
        switch (choices.Next(8))
        {
            case 0:
                return "<message to='juliet@example.com'><body>hello &lt; <![CDATA[<&]]></body></message>";
            case 1:
                return "<iq type='get' id='&quot;&apos;&lt;'><ping xmlns='urn:xmpp:ping'/></iq>";
            case 2:
                return "\r\n <features xmlns='http://etherx.jabber.org/streams'><a xmlns='urn:a'/></features>";
            case 3:
                return $"<p:message xmlns:p='jabber:client'>{new string('x', choices.Place(3000))}</p:message>";
            default:
                // A payload has no prolog of its own.
                var element = DocumentWriter.Element(choices).TrimStart('\uFEFF');
                return element.StartsWith("<?", StringComparison.Ordinal) ? element[(element.IndexOf("?>", StringComparison.Ordinal) + 2)..] : element;
        }
    }
}
