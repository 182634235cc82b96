using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>
/// What the catalogue allows and this server does not have: it says nowhere that it had, and who tries it all the same is refused, or
/// served as if the feature did not exist, in the way that the row says.
/// </summary>
public sealed class NotOfferedTests : WireTest
{
    private static readonly XNamespace Disco = "http://jabber.org/protocol/disco#info";

    // B-STR-01 says what a server without streams does: it never sends `stream`, and takes what would add one for an empty request.
    [Fact]
    [Trait("NotOffered", "B-STR-02")]
    [Trait("Rule", "B-STR-01")]
    public async Task No_stream_has_a_name_and_none_can_be_added()
    {
        var session = await LoginAsync();
        Assert.Null(session.Creation!["stream"]);
        var adding = await HoldAsync(session, session.Next([("to", Domain)]));
        var next = await HoldAsync(session);
        AssertEmpty(await AtOnceAsync(adding));
        Assert.Null((await adding)["stream"]);
        Assert.False(next.Answer.IsCompleted);
    }

    // COMPAT(libpurple 2): it writes `to` on every request, so with streams on by default it would open one with each poll.
    [Fact]
    [Trait("Rule", "B-STR-03")]
    public async Task A_restart_with_an_address_restarts_the_one_stream()
    {
        var session = await OpenAsync();
        await session.AskAsync(session.Next([], Authentication));
        var restart = await session.AskAsync(session.Next([("to", Domain), ("xmpp:restart", "true")]));
        Assert.NotNull(restart.Features?.Element(BoshNames.Bind + "bind"));
        Assert.Null(restart["stream"]);
        Assert.Null(restart.Sid);
    }

    [Fact]
    [Trait("NotOffered", "B-STR-04")]
    public async Task A_stream_that_a_client_names_is_not_looked_for()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var named = await HoldAsync(session, session.Next([("stream", "zz")], MessageTo(friend, "m")));
        await HearsAsync(friend, "m");
        await PushAsync(friend, session, "reply");
        var answer = await AtOnceAsync(named);
        Assert.Equal(["reply"], Texts(answer));
        Assert.Null(answer["stream"]);
    }

    [Fact]
    [Trait("NotOffered", "B-STR-05")]
    public async Task The_end_of_a_stream_that_a_client_names_is_the_end_of_the_session()
    {
        var session = await LoginAsync();
        var end = await session.AskAsync(session.Next([("type", "terminate"), ("stream", "zz")]));
        AssertTerminate(null, end);
        Assert.Null(end["stream"]);
        await AssertDeadAsync(session);
    }

    [Fact]
    [Trait("NotOffered", "B-ATT-09")]
    [Trait("NotOffered", "B-COMP-02")]
    public async Task No_coding_is_accepted_and_none_is_decoded()
    {
        var session = await OpenAsync();
        Assert.Null(session.Creation!["accept"]);
        var request = session.Next([("xmpp:restart", "true")]);
        using var zlib = new MemoryStream();
        await using (var coder = new ZLibStream(zlib, CompressionLevel.Fastest, leaveOpen: true)) await coder.WriteAsync(request.Entity);
        foreach (var (coding, entity) in ((string, byte[])[])[("gzip", Gzip(request.Entity)), ("deflate", zlib.ToArray())])
            Assert.Equal(415, (await ExchangeAsync(HttpRequestText.Post(Url, entity, headers: ("Content-Encoding", coding)))).Status);
        // The refused requests have not used up the rid.
        Assert.NotNull((await session.AskAsync(request)).Features);
    }

    [Fact]
    [Trait("NotOffered", "B-COMP-04")]
    public async Task A_compressed_bomb_is_refused_before_it_is_read()
    {
        var bomb = Gzip(new byte[10 * 1024 * 1024]);
        var clock = Stopwatch.StartNew();
        var answer = await ExchangeAsync(HttpRequestText.Post(Url, bomb, headers: ("Content-Encoding", "gzip")));
        Assert.Equal(415, answer.Status);
        Assert.True(BoshAnswer.Parse(answer.Entity).IsTerminate);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Soon);
    }

    [Fact]
    [Trait("NotOffered", "B-XMPP-13")]
    public async Task Nobody_logs_in_by_what_the_connection_says()
    {
        var session = await OpenAsync();
        Assert.DoesNotContain("EXTERNAL", MechanismsOf(session.Creation!));
        var external = $"<auth xmlns='{BoshNames.Sasl}' mechanism='EXTERNAL'>=</auth>";
        var failure = Assert.Single((await session.AskAsync(session.Next([], external))).Payload);
        Assert.Equal(BoshNames.Sasl + "failure", failure.Name);
        Assert.Equal(["invalid-mechanism"], failure.Elements().Select(element => element.Name.LocalName));
        // A `from` on the restart makes nobody of him either: the features are those before the login.
        var restart = await session.AskAsync(session.Next([("from", $"somebody@{Domain}"), ("xmpp:restart", "true")]));
        Assert.NotEmpty(MechanismsOf(restart));
    }

    [Fact]
    [Trait("NotOffered", "B-EXT-01")]
    public async Task SASL2_is_not_offered_and_ends_the_stream_of_who_tries_it()
    {
        var session = await OpenAsync();
        XNamespace sasl2 = "urn:xmpp:sasl:2";
        Assert.DoesNotContain(session.Creation!.Features!.Descendants(), element => element.Name.Namespace == sasl2);
        var authenticate = $"<authenticate xmlns='{sasl2}' mechanism='ANONYMOUS'><initial-response>=</initial-response></authenticate>";
        var answer = await session.AskAsync(session.Next([], authenticate));
        AssertTerminate("remote-stream-error", answer);
        Assert.Contains(Assert.Single(answer.Payload).Elements(), element => element.Name.LocalName == "unsupported-stanza-type");
    }

    [Fact]
    [Trait("NotOffered", "B-EXT-04")]
    public async Task The_BOSH_resource_does_not_become_a_web_socket()
    {
        var answer = await ExchangeAsync(HttpRequestText.Of(
            "GET", Url,
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Protocol", "xmpp")));
        Assert.Equal(200, answer.Status);
        Assert.Null(answer.Header("Upgrade"));
        Assert.Null(answer.Header("Sec-WebSocket-Accept"));
    }

    // There is no list of domains that were served once: what is not served is unknown.
    [Fact]
    [Trait("NotOffered", "B-COND-02")]
    public async Task No_domain_is_gone() => AssertTerminate("host-unknown", await CreateAsync(("to", "gone." + Domain)));

    [Fact]
    [Trait("NotOffered", "P-RT-09")]
    public async Task Without_an_archive_no_message_gets_an_archive_id_and_nobody_is_told_to_trust_one()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        foreach (var entity in (string[])[Domain, session.Jid![..session.Jid!.IndexOf('/', StringComparison.Ordinal)]])
        {
            var query = StanzaXml.Iq("get", new XElement(Disco + "query"));
            query.SetAttributeValue("to", entity);
            var features = (await friend.IqAsync(query)).Descendants(Disco + "feature").Select(feature => (string?)feature.Attribute("var"));
            Assert.DoesNotContain(features, feature => feature is "urn:xmpp:sid:0" or "urn:xmpp:mam:2");
        }

        await session.SendAsync(session.Next([], MessageTo(friend, "m")));
        Assert.DoesNotContain((await NextMessageAsync(friend)).Elements(), element => element.Name.LocalName == "stanza-id");
    }

    private static List<string> MechanismsOf(BoshAnswer answer) =>
        [.. answer.Features!.Descendants(BoshNames.Sasl + "mechanism").Select(mechanism => mechanism.Value)];

    private static byte[] Gzip(byte[] entity)
    {
        using var output = new MemoryStream();
        using (var coder = new GZipStream(output, CompressionLevel.Optimal)) coder.Write(entity);
        return output.ToArray();
    }
}
