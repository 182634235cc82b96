using System.Text;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Entities for the reader, and its two outcomes.</summary>
internal static class Entity
{
    /// <summary>A body's start tag up to where further attributes would stand.</summary>
    public const string Start = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1'";

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static BoshBody Read(string entity)
    {
        Assert.True(BoshBodyReader.TryRead(Bytes(entity), new(), out var body, out var error), error?.Reason);
        return body;
    }

    public static BoshBodyError Refuse(BoshCondition condition, string entity, BoshBodyLimits? limits = null)
    {
        Assert.False(BoshBodyReader.TryRead(Bytes(entity), limits ?? new(), out var body, out var error));
        Assert.Null(body);
        Assert.Equal(condition, error.Condition);
        return error;
    }
}
