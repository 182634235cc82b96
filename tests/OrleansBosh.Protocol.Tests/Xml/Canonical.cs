using System.Text;
using System.Xml.Linq;

namespace OrleansBosh.Protocol.Tests.Xml;

/// <summary>A tree as text that is equal for equal meaning: expanded names, sorted attributes, character data in one piece.</summary>
internal static class Canonical
{
    public static string Form(XElement element)
    {
        var text = new StringBuilder();
        Write(element, text);
        return text.ToString();
    }

    private static void Write(XElement element, StringBuilder text)
    {
        text.Append('<').Append(element.Name);
        var attributes = element.Attributes().Where(a => !a.IsNamespaceDeclaration);
        foreach (var attribute in attributes.OrderBy(a => a.Name.ToString(), StringComparer.Ordinal))
        {
            text.Append(' ').Append(attribute.Name).Append("='").Append(Escape(attribute.Value)).Append('\'');
        }

        text.Append('>');
        foreach (var node in element.Nodes())
        {
            if (node is XElement child) Write(child, text);
            else text.Append(Escape(((XText)node).Value));
        }

        text.Append("</>");
    }

    private static string Escape(string value) => value
        .Replace("&", "&a", StringComparison.Ordinal)
        .Replace("<", "&l", StringComparison.Ordinal)
        .Replace("\r", "&r", StringComparison.Ordinal);
}
