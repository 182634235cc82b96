using System.Diagnostics.CodeAnalysis;
using OrleansBosh.Protocol.Xml;

namespace OrleansBosh.Protocol.Xmpp;

/// <summary>Reads one complete element that stands alone, for example from storage or from an upstream stream.</summary>
public static class StanzaReader
{
    /// <summary>Reads bytes that passed a door before, without limits.</summary>
    public static bool TryRead(ReadOnlySpan<byte> element, [NotNullWhen(true)] out Stanza? stanza) =>
        TryRead(element, XmlLimits.None, out stanza, out _);

    /// <summary>
    /// Reads <paramref name="element"/>. An unprefixed root without a namespace counts as one in <c>jabber:client</c>, with all that
    /// inherits from it, as in a BOSH body.
    /// </summary>
    /// <param name="element">One element; white space around it and an XML declaration ahead of it are allowed.</param>
    /// <param name="limits">The element itself has depth 1.</param>
    /// <param name="stanza">The element as a stanza; a copy, the input may be reused.</param>
    /// <param name="fault">Why it was refused; holds nothing of the text.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> element, XmlLimits limits, [NotNullWhen(true)] out Stanza? stanza, [NotNullWhen(false)] out string? fault)
    {
        stanza = null;
        fault = null;
        var scanner = new XmlScanner(element, limits);
        var reader = PayloadReader.Rent(wrapperBindings: 0, AddedBytes(element.Length));
        try
        {
            if (scanner.Read() == XmlToken.StartElement
                && reader.TryRead(ref scanner, out stanza)
                && scanner.Read() == XmlToken.End)
            {
                return true;
            }

            stanza = null;
            fault = scanner.Fault ?? "not one element";
            return false;
        }
        finally
        {
            reader.Return();
            scanner.Dispose();
        }
    }

    // A prefixed root (rare) has its default namespace repeated on each child: up to some six times the bytes for honest namespaces.
    private static int AddedBytes(int length) => (int)Math.Min(int.MaxValue, 4096 + (8L * length));
}
