namespace OrleansBosh.Protocol.Xml;

/// <summary>How far a document may go before the scanner refuses it.</summary>
/// <param name="MaxDepth">Nested elements, the root included.</param>
/// <param name="MaxAttributes">Attributes and namespace declarations of one element.</param>
public readonly record struct XmlLimits(int MaxDepth, int MaxAttributes)
{
    /// <summary>For bytes that passed a door before. Safe in itself: the scanner does not recurse and takes linear time.</summary>
    public static XmlLimits None { get; } = new(int.MaxValue, int.MaxValue);
}

/// <summary>Which limit a text went beyond. The scanner knows the first two, who reads payloads with it the others.</summary>
public enum XmlLimit
{
    /// <summary>Nested elements.</summary>
    Depth,

    /// <summary>Attributes and namespace declarations of one element.</summary>
    Attributes,

    /// <summary>Bytes of one payload, or of the namespace declarations that payloads make the reader repeat.</summary>
    PayloadBytes,

    /// <summary>Payloads.</summary>
    Payloads,
}
