using System.Diagnostics.CodeAnalysis;
using System.Xml;
using System.Xml.Linq;

namespace OrleansBosh.Protocol.Xmpp;

/// <summary>Turns what a peer sent into a tree.</summary>
public static class StanzaTree
{
    /// <summary>
    /// The stanza as a tree, for handlers off the hot path; false (answer <c>bad-request</c>) when .NET cannot hold it. The doors follow
    /// XML 1.0, fifth edition, as RFC 6120 does; <see cref="XmlReader"/> knows the names of the fourth only, and refuses a value of
    /// <c>xml:space</c> that is merely invalid. Such a stanza can be passed on, but not taken apart here.
    /// </summary>
    public static bool TryToXElement(this Stanza stanza, [NotNullWhen(true)] out XElement? element)
    {
        try
        {
            element = stanza.ToXElement();
            return true;
        }
        catch (XmlException)
        {
            element = null;
            return false;
        }
    }
}
