using System.Globalization;
using System.Text;

namespace OrleansBosh.Protocol.Tests.Xml;

/// <summary>
/// Writes documents of the restricted grammar from choices, without any code of the reader: bodies with payloads in every namespace
/// disguise. Most are valid; a few use a prefix that is not declared, or an attribute twice.
/// </summary>
internal sealed class DocumentWriter(Choices choices)
{
    private static readonly string[] Prefixes = ["a", "b", "c", "stream", "é"];

    private static readonly string[] Namespaces =
    [
        "jabber:client", "http://jabber.org/protocol/httpbind", "urn:a", "http://etherx.jabber.org/streams", "urn:xmpp:xbosh",
        "urn:&amp;&#98;", "urn:ietf:params:xml:ns:xmpp-sasl", " urn:space\n", "urn:b",
    ];

    private readonly StringBuilder _text = new();
    private int _budget = 40;

    /// <summary>A whole <c>&lt;body/&gt;</c> entity.</summary>
    public static string Body(Choices choices)
    {
        var writer = new DocumentWriter(choices);
        writer.Prolog();
        writer.WriteBody();
        writer._text.Append(choices.Pick("", "", "\n", " \r\n\t"));
        return writer._text.ToString();
    }

    /// <summary>One element that stands alone.</summary>
    public static string Element(Choices choices)
    {
        var writer = new DocumentWriter(choices);
        writer.Prolog();
        writer.Element([], 0);
        return writer._text.ToString();
    }

    private void Prolog()
    {
        if (choices.OneIn(8)) _text.Append('\uFEFF');
        if (choices.OneIn(8))
        {
            _text.Append(choices.Pick(
                "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding='utf-8'?>\n",
                "<?xml version = '1.0' encoding='UTF-8' standalone='yes' ?>", "<?xml version='1.0' encoding='iso-8859-1'?>", "<?xml version='1.1'?>"));
        }
    }

    private void WriteBody()
    {
        var prefix = choices.Pick("", "", "", "", "", "b");
        var name = prefix.Length > 0 ? "b:body" : "body";
        var scope = new List<string>();
        var declaration = prefix.Length > 0 ? "xmlns:b" : "xmlns";
        _text.Append('<').Append(name).Append(' ').Append(declaration).Append("='http://jabber.org/protocol/httpbind'");
        if (prefix.Length > 0)
        {
            scope.Add("b");
            if (choices.OneIn(2)) Attribute("xmlns", choices.Pick(Namespaces));
        }

        Attribute("rid", choices.Pick("1", "9007199254740991", "0042", "9007199254740992", "x", "&#49;2"));
        if (choices.OneIn(2)) Attribute("sid", Value());
        if (choices.OneIn(3)) Attribute("to", Value());
        if (choices.OneIn(3)) Attribute("xml:lang", choices.Pick("en", "de"));
        if (choices.OneIn(3)) Attribute("unknown", Value());
        Declarations(scope);
        if (scope.Contains("a") && choices.OneIn(3)) Attribute("a:restart", choices.Pick("true", "1", "false"));
        _text.Append('>');
        for (var i = choices.Next(4); i > 0; i--)
        {
            _text.Append(choices.Pick("", "", "\n  ", "\r\n", "&#32;", "<![CDATA[ ]]>"));
            Element(scope, 1);
        }

        if (choices.OneIn(40)) _text.Append("junk");
        _text.Append("</").Append(name).Append(choices.Pick("", "", " ", "\n")).Append('>');
    }

    private void Element(List<string> outer, int depth)
    {
        _budget--;
        var scope = new List<string>(outer);
        var local = choices.Pick("message", "iq", "presence", "body", "features", "x", "größe", "A.b-c_9");
        var start = _text.Length;
        if (depth < 2)
        {
            foreach (var header in (ReadOnlySpan<string>)["to", "from", "id", "type", "xml:lang"])
            {
                if (choices.OneIn(3)) Attribute(header, Value());
            }
        }

        if (choices.OneIn(3)) Attribute("plain", Value());
        if (choices.OneIn(60)) Attribute("plain", Value());
        if (choices.OneIn(3)) Attribute("xmlns", choices.OneIn(6) ? "" : choices.Pick(Namespaces));
        Declarations(scope);
        if (choices.OneIn(3)) Attribute(Prefixed(scope, "at"), Value());
        if (choices.OneIn(8)) Attribute(Prefixed(scope, "at"), Value());
        var name = choices.OneIn(4) ? Prefixed(scope, local) : local;
        _text.Insert(start, "<" + name);
        _text.Append(choices.Pick("", "", " ", "\r\n"));
        if (choices.OneIn(4))
        {
            _text.Append("/>");
            return;
        }

        _text.Append('>');
        for (var i = choices.Next(4); i > 0; i--)
        {
            if (choices.OneIn(2) && depth < 8 && _budget > 0) Element(scope, depth + 1);
            else Text();
        }

        _text.Append("</").Append(name).Append('>');
    }

    private void Declarations(List<string> scope)
    {
        foreach (var prefix in Prefixes)
        {
            if (!choices.OneIn(8)) continue;
            if (prefix == "b" && _text.ToString().StartsWith("<b:", StringComparison.Ordinal) && scope.Count == 1) continue;
            Attribute("xmlns:" + prefix, choices.Pick(Namespaces));
            if (!scope.Contains(prefix)) scope.Add(prefix);
        }
    }

    private string Prefixed(List<string> scope, string local)
    {
        if (choices.OneIn(60)) return choices.Pick("nobody:", "xmlns:", "xml:", "a:b:") + local;
        return scope.Count == 0 ? local : scope[choices.Next(scope.Count)] + ":" + local;
    }

    private void Attribute(string name, string value)
    {
        var quote = choices.Pick("'", "'", "\"");
        _text.Append(choices.Pick(" ", " ", "\t", "\r\n ")).Append(name).Append(choices.Pick("=", "=", " = ", "\n=")).Append(quote);
        _text.Append(quote == "'" ? value : value.Replace('"', '\'')).Append(quote);
    }

    private string Value()
    {
        var value = new StringBuilder();
        for (var i = choices.Next(4); i >= 0; i--)
        {
            value.Append(choices.Pick(
                "juliet@example.com/b", "chat", "&amp;", "&#9;", "\t", "\r\n", "\r", "&#xA;", "&#13;", "\"", ">", "]]>",
                "😀", "&#x1F600;", "\u0085", "ü", "&lt;&quot;&apos;&gt;", choices.Next(256).ToString(CultureInfo.InvariantCulture), "\uFFFD", ""));
        }

        return value.ToString();
    }

    private void Text() => _text.Append(choices.Pick(
        "hello", " ", "&amp;&lt;", "<![CDATA[a<b&amp;]]>", "<![CDATA[]]>", "<![CDATA[\r]]>", "\r\n", "\r", "]", "]]", ">", "'\"", "😀",
        "&#x1F600;", "\u0085\u2028", "&#13;", "\uFFFC", "\uFEFF", "\u007F", "&#0048;"));
}
