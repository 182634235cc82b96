using System.Text;
using System.Xml;
using OrleansBosh.Protocol.Tests.Xml;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Fuzz;

/// <summary>What every answer must be (B-XML-06): one well-formed, namespace-correct body without anything that XMPP bans.</summary>
internal static class AnswerCheck
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Checks the entity of an answer.</summary>
    /// <param name="entity">The answer.</param>
    /// <param name="isOwn">Its stream elements are this server's own: between features stands no text (Converse takes each node for one).</param>
    /// <returns>The attributes <c>type</c> and <c>condition</c> of the body.</returns>
    public static (string? Type, string? Condition) Check(byte[] entity, bool isOwn = true)
    {
        try
        {
            return Walk(entity, isOwn);
        }
        catch (XmlException) when (XmlOracle.InOldNames(entity) is { } old)
        {
            // XmlReader does not know the names of XML 1.0's fifth edition; ours may have them, for clients may send them.
            return Walk(old, isOwn);
        }
    }

    private static (string? Type, string? Condition) Walk(byte[] entity, bool isOwn)
    {
        using var reader = XmlReader.Create(
            new StringReader(Strict.GetString(entity)), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        Assert.True(reader.Read());
        Assert.Equal((XmlNodeType.Element, "body", Ns.HttpBind), (reader.NodeType, reader.Name, reader.NamespaceURI));
        var found = (reader.GetAttribute("type"), reader.GetAttribute("condition"));
        var isFeatures = false;
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    if (reader.Depth == 1) isFeatures = isOwn && reader.LocalName == "features" && reader.NamespaceURI == Ns.Stream;
                    break;
                case XmlNodeType.EndElement:
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    Assert.True(reader.Depth > 1, "Text stands directly in the body.");
                    Assert.False(isFeatures && reader.Depth == 2, "Text stands between the features.");
                    break;
                default:
                    Assert.Fail($"An answer holds a node of the type {reader.NodeType}.");
                    break;
            }
        }

        return found;
    }
}
