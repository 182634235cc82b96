using System.IO.Compression;
using System.Text;
using OrleansBosh.Cluster.Tests.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.FrontEnd;

/// <summary>HTTP as browsers and old clients use it, on a node with origins and compression configured.</summary>
public sealed class HttpTests : IAsyncLifetime
{
    private BoshTestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await BoshTestCluster.StartAsync(1, options =>
    {
        options.CorsOrigins = "https://chat.example;http://localhost:8000";
        options.CompressAnswers = true;
        options.MaxStanzaBytesBeforeLogin = 2048;
    });

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData("https://chat.example", "https://chat.example")]
    [InlineData("http://localhost:8000", "http://localhost:8000")]
    [InlineData("https://evil.example", null)]
    [InlineData(null, null)]
    [Trait("Rule", "B-HTTP-04")]
    public async Task Only_configured_origins_may_read_answers_and_caches_know_that(string? origin, string? allowed)
    {
        foreach (var entity in new[] { "<body rid='1' to='localhost' xmlns='http://jabber.org/protocol/httpbind'/>", "no body" })
        {
            var answer = await PostAsync(entity, origin is null ? [] : [("Origin", origin)]);
            Assert.Equal((allowed, "Origin"), (answer.Header("Access-Control-Allow-Origin"), answer.Header("Vary")!.Split(',')[0]));
            Assert.Null(answer.Header("Access-Control-Allow-Credentials"));
        }
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("br;q=0.5, gzip;q=0.8", "gzip")]
    [InlineData("gzip, br", "br")]
    [InlineData("gzip;q=0", null)]
    [InlineData("deflate, *", null)]
    [InlineData(null, null)]
    [Trait("Rule", "B-COMP-01")]
    [Trait("Rule", "B-RTX-07")]
    public async Task A_large_answer_is_compressed_as_its_client_accepts_and_a_replay_for_its_own_client(string? accepted, string? coding)
    {
        await using var session = new ScriptedSession(Client());
        await session.LoginAsync(BoshLogin.Anonymous());
        var request = session.Next([], StanzaXml.Text(StanzaXml.Message(session.Jid!, new string('x', 5000))));
        var plain = await session.AskAsync(request);
        Assert.Single(plain.Payload);

        var replay = await PostAsync(request.ToString(), accepted is null ? [] : [("Accept-Encoding", accepted)]);
        Assert.Equal(coding, replay.Header("Content-Encoding"));
        Assert.Equal(plain.Raw, Decode(replay.Entity, coding));
        Assert.Equal(coding is not null, replay.Entity.Length < plain.Raw.Length);
    }

    [Theory]
    [InlineData("br", 415)]
    [InlineData("gzip", 415)]
    [InlineData("identity", 200)]
    [InlineData("text/xml; charset=utf-8", 200)]
    [Trait("Rule", "B-COMP-03")]
    [Trait("NotOffered", "B-COMP-02")]
    public async Task A_coding_that_was_not_offered_is_refused_and_what_is_no_coding_is_ignored(string header, int status)
    {
        var answer = await PostAsync("<body rid='1' to='localhost' xmlns='http://jabber.org/protocol/httpbind'/>", [("Content-Encoding", header)]);
        Assert.Equal(status, answer.Status);
    }

    [Theory]
    [InlineData("secure='true'", false)]
    [InlineData("secure='false'", false)]
    [InlineData("", true)]
    [Trait("Rule", "B-CRE-09")]
    [Trait("Rule", "B-HTTP-09")]
    public async Task Clients_that_pipeline_get_a_close_at_creation_and_nobody_gets_secure(string attribute, bool keepsAlive)
    {
        var answer = await PostAsync($"<body rid='1' to='localhost' {attribute} xmlns='http://jabber.org/protocol/httpbind'/>", []);
        Assert.Equal(keepsAlive, answer.KeepsAlive);
        Assert.Null(BoshAnswer.Parse(answer.Entity)["secure"]);
    }

    [Theory]
    [InlineData("<body rid='1' to='localhost' xmlns='http://jabber.org/protocol/httpbind'/>")]
    [InlineData("<body rid='1' to='nx.invalid' xmlns='http://jabber.org/protocol/httpbind'/>")]
    [InlineData("no body")]
    [Trait("Rule", "B-HTTP-06")]
    [Trait("Rule", "B-HTTP-11")]
    [Trait("NotOffered", "B-COMP-04")]
    public async Task Every_answer_has_its_length_is_neither_stored_nor_sniffed_and_not_compressed_when_small(string entity)
    {
        var answer = await PostAsync(entity, [("Accept-Encoding", "gzip, br")]);
        Assert.Equal(HttpFraming.ContentLength, answer.Framing);
        Assert.Equal($"{answer.Entity.Length}", answer.Header("Content-Length"));
        Assert.Equal(("no-store", "nosniff"), (answer.Header("Cache-Control"), answer.Header("X-Content-Type-Options")));
        Assert.Null(answer.Header("Content-Encoding"));
    }

    [Theory]
    [InlineData("text/xml; charset=utf-8")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData(null)]
    [Trait("Rule", "B-HTTP-05")]
    [Trait("Rule", "B-HTTP-08")]
    public async Task The_content_type_of_a_request_does_not_matter_nor_does_its_connection(string? contentType)
    {
        await using var session = new ScriptedSession(Client() with { RequestContentType = contentType });
        await session.OpenAsync();
        using var connection = await session.ConnectAsync();
        for (var i = 0; i < 4; i++)
        {
            var answer = await session.AskAsync(session.Next([("xmpp:restart", "true")]), i % 2 == 0 ? connection : null);
            Assert.NotNull(answer.Features);
        }
    }

    [Fact]
    [Trait("Rule", "B-XML-08")]
    public async Task Stanzas_are_smaller_before_the_login()
    {
        await using var session = new ScriptedSession(Client());
        await session.OpenAsync();
        var answer = await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Message("a@localhost", new string('x', 3000)))));
        Assert.Equal("policy-violation", answer.Condition);
    }

    private BoshClientOptions Client() => TwoNodes.ClientOf(_cluster, _cluster.Nodes[0]);

    private async Task<HttpAnswer> PostAsync(string entity, IEnumerable<(string Name, string Value)> headers)
    {
        var node = _cluster.Nodes[0].Url;
        using var connection = await BoshConnection.ConnectAsync(node, BoshConnectionOptions.Default);
        return await connection.ExchangeAsync(HttpRequestText.Post(node, Encoding.UTF8.GetBytes(entity), "text/xml", [.. headers]));
    }

    private static byte[] Decode(byte[] entity, string? coding)
    {
        if (coding is null) return entity;
        using var input = new MemoryStream(entity);
        using Stream decoder = coding == "br" ? new BrotliStream(input, CompressionMode.Decompress) : new GZipStream(input, CompressionMode.Decompress);
        using var output = new MemoryStream();
        decoder.CopyTo(output);
        return output.ToArray();
    }
}
