using System.Text;
using OrleansBosh.Protocol.Xml;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Xmpp;

/// <summary>One reader serves a thread for long, and must neither mix up documents nor keep what a large one made of it.</summary>
public sealed class PayloadReaderTests
{
    [Theory]
    [InlineData("<a><b/></a>", true)]
    [InlineData("<a>{64000}</a>", true)]
    [InlineData("<a>{66000}</a>", false)]
    [InlineData("<a xmlns='u'>{200 children}</a>", true)]
    [InlineData("<a xmlns='u'>{300 children}</a>", false)]
    public void A_reader_is_kept_for_the_next_document_unless_this_one_was_large(string pattern, bool isKept)
    {
        // Another test's document of this thread may have left one that a first document blows up.
        _ = PayloadReader.Rent(wrapperBindings: 0, int.MaxValue);
        var reader = PayloadReader.Rent(wrapperBindings: 0, int.MaxValue);
        Assert.NotNull(Read(reader, Expand(pattern)));
        reader.Return();

        var next = PayloadReader.Rent(wrapperBindings: 0, int.MaxValue);
        Assert.Equal(isKept, ReferenceEquals(reader, next));
        Assert.NotSame(next, PayloadReader.Rent(wrapperBindings: 0, int.MaxValue));
    }

    [Fact]
    public void Nothing_of_a_document_gets_into_the_next()
    {
        var reader = PayloadReader.Rent(wrapperBindings: 0, int.MaxValue);
        // Cut off behind its first child, whose default namespace would have to be repeated.
        Assert.Null(Read(reader, "<p:a xmlns:p='u' xmlns='v'><b/>"));
        var stanza = Read(reader, "<p:c xmlns:p='u' xmlns='w'>t<d xmlns='x'/></p:c>")!;
        Assert.Equal("<c xmlns='u' xmlns:p='u'>t<d xmlns='x'/></c>", Encoding.UTF8.GetString(stanza.Bytes.Span));
        Assert.Equal(["d"], stanza.Children.ToArray().Select(child => child.Name));
        reader.Return();
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(7, false)]
    public void Declarations_are_repeated_as_far_as_there_is_room(int room, bool isRead)
    {
        var reader = PayloadReader.Rent(wrapperBindings: 0, room);
        var scanner = new XmlScanner("<p:a xmlns:p='u' xmlns='four'><b/><c/></p:a>"u8, XmlLimits.None);
        scanner.Read();
        Assert.Equal(isRead, reader.TryRead(ref scanner, out _));
        Assert.Equal(isRead ? null : XmlLimit.PayloadBytes, scanner.Limit);
        scanner.Dispose();
        reader.Return();
    }

    private static Stanza? Read(PayloadReader reader, string document)
    {
        var scanner = new XmlScanner(Encoding.UTF8.GetBytes(document), XmlLimits.None);
        scanner.Read();
        reader.TryRead(ref scanner, out var stanza);
        scanner.Dispose();
        return stanza;
    }

    private static string Expand(string pattern) => pattern
        .Replace("{64000}", new('x', 64_000), StringComparison.Ordinal)
        .Replace("{66000}", new('x', 66_000), StringComparison.Ordinal)
        .Replace("{200 children}", string.Concat(Enumerable.Repeat("<b/>", 200)), StringComparison.Ordinal)
        .Replace("{300 children}", string.Concat(Enumerable.Repeat("<b xmlns=''/>", 300)), StringComparison.Ordinal);
}
