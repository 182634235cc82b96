namespace OrleansBosh.Protocol.Xml;

/// <summary>How far a document may go before the scanner refuses it.</summary>
/// <param name="MaxDepth">Nested elements, the root included.</param>
/// <param name="MaxAttributes">Attributes and namespace declarations of one element.</param>
public readonly record struct XmlLimits(int MaxDepth, int MaxAttributes)
{
    /// <summary>For bytes that passed a door before. Safe in itself: the scanner does not recurse and takes linear time.</summary>
    public static XmlLimits None { get; } = new(int.MaxValue, int.MaxValue);
}
