namespace OrleansBosh.Protocol.Xml;

/// <summary>What <see cref="XmlScanner.Read"/> has come to.</summary>
internal enum XmlToken
{
    /// <summary>The text is no document, or breaks a limit: see <see cref="XmlScanner.Fault"/>.</summary>
    Fault,

    /// <summary>A start tag, or an empty-element tag, which a <see cref="EndElement"/> follows all the same.</summary>
    StartElement,

    EndElement,

    /// <summary>Character data with references, inside an element.</summary>
    Text,

    /// <summary>A CDATA section.</summary>
    CData,

    /// <summary>The end of the document.</summary>
    End,
}
