using System.Globalization;
using System.Text;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.19: the HTTP that carries it.</summary>
public sealed class HttpTests : WireTest
{
    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [Trait("Rule", "B-HTTP-01")]
    public async Task The_path_works_with_and_without_a_trailing_slash(string end)
    {
        var session = NewSession();
        session.Node = new(Url.ToString().TrimEnd('/') + end);
        Assert.Equal(200, (await session.OpenAsync()).Http!.Status);
        await AssertAliveAsync(session, isLoggedIn: false);
    }

    [Theory]
    [InlineData("GET", 200)]
    [InlineData("HEAD", 200)]
    [InlineData("PUT", 405)]
    [InlineData("DELETE", 405)]
    [Trait("Rule", "B-HTTP-02")]
    [Trait("Scope", "ours")]
    public async Task Other_methods_make_no_session(string method, int status)
    {
        using var connection = await BoshConnection.ConnectAsync(Url);
        await connection.SendAsync(HttpRequestText.Of(method, Url));
        var answer = await connection.ReadAnswerAsync(isHeadAnswer: method == "HEAD").WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(status, answer.Status);
        if (status == 405) Assert.Contains("POST", answer.Header("Allow"), StringComparison.Ordinal);
        else Assert.StartsWith("text/", answer.Header("Content-Type"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Rule", "B-HTTP-03")]
    [Trait("Scope", "ours")]
    public async Task A_browsers_preflight_is_allowed()
    {
        var answer = await ExchangeAsync(HttpRequestText.Of(
            "OPTIONS", Url,
            ("Origin", "https://chat.example"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "content-type")));
        Assert.InRange(answer.Status, 200, 204);
        Assert.Equal("*", answer.Header("Access-Control-Allow-Origin"));
        Assert.Contains("POST", answer.Header("Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Contains("OPTIONS", answer.Header("Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Contains("content-type", answer.Header("Access-Control-Allow-Headers"), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("content-encoding", answer.Header("Access-Control-Allow-Headers"), StringComparison.OrdinalIgnoreCase);
        Assert.NotNull(answer.Header("Access-Control-Max-Age"));
    }

    [Fact]
    [Trait("Rule", "B-HTTP-04")]
    [Trait("Rule", "B-HTTP-11")]
    [Trait("Scope", "ours")]
    public async Task Every_answer_may_be_read_by_any_page_and_is_neither_stored_nor_sniffed()
    {
        var session = NewSession();
        (string, string)[] origin = [("Origin", "https://chat.example")];
        HttpAnswer[] answers =
        [
            await ExchangeAsync(HttpRequestText.Post(Url, session.CreationRequest().Entity, headers: origin)),
            await ExchangeAsync(HttpRequestText.Post(Url, session.CreationRequest([("to", "nx.invalid")]).Entity, headers: origin)),
            await ExchangeAsync(HttpRequestText.Post(Url, "<nonsense"u8, headers: origin)),
            await ExchangeAsync(HttpRequestText.Post(Url, [], headers: origin)),
            await ExchangeAsync(HttpRequestText.Of("DELETE", Url, origin)),
            await ExchangeAsync(HttpRequestText.Of("GET", Url, origin)),
        ];
        Assert.All(answers, answer =>
        {
            Assert.Equal("*", answer.Header("Access-Control-Allow-Origin"));
            Assert.Null(answer.Header("Access-Control-Allow-Credentials"));
            Assert.Contains("no-store", answer.Header("Cache-Control"), StringComparison.Ordinal);
            Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        });
    }

    [Theory]
    [InlineData("text/xml; charset=utf-8")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData("nonsense")]
    [InlineData(null)]
    [Trait("Rule", "B-HTTP-05")]
    public async Task The_content_type_of_a_request_does_not_matter(string? contentType)
    {
        var session = NewSession(options => options with { RequestContentType = contentType });
        await session.OpenAsync();
        await AssertAliveAsync(session, isLoggedIn: false);
    }

    [Fact]
    [Trait("Rule", "B-HTTP-07")]
    public async Task A_request_may_be_chunked()
    {
        var session = await OpenAsync();
        var entity = session.Next([], Authentication).ToString();
        var request = new StringBuilder(Head("HTTP/1.1", "Transfer-Encoding: chunked"));
        foreach (var chunk in entity.Chunk(30))
            request.Append(CultureInfo.InvariantCulture, $"{chunk.Length:x}\r\n{new string(chunk)}\r\n");
        var answer = BoshAnswer.Parse(await ExchangeAsync(Encoding.ASCII.GetBytes(request.Append("0\r\n\r\n").ToString())));
        AssertAuthenticated(answer);
    }

    [Fact]
    [Trait("Rule", "B-HTTP-07")]
    public async Task A_client_that_waits_for_100_continue_gets_it()
    {
        var session = await OpenAsync();
        var entity = session.Next([], Authentication).ToString();
        using var connection = await BoshConnection.ConnectAsync(Url);
        await connection.SendAsync(Encoding.ASCII.GetBytes(Head("HTTP/1.1", $"Content-Length: {entity.Length}", "Expect: 100-continue")));
        var reading = connection.ReadAnswerAsync();
        // Only then: the server says so though it has nothing of the entity.
        await ReceivedAsync(connection, "HTTP/1.1 100 Continue\r\n\r\n".Length);
        Assert.False(reading.IsCompleted);
        await connection.SendAsync(Encoding.ASCII.GetBytes(entity));
        var answer = await reading.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([100], answer.Interim);
        AssertAuthenticated(BoshAnswer.Parse(answer));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Rule", "B-HTTP-07")]
    public async Task An_HTTP_1_0_client_gets_an_answer_it_can_read(bool isKept)
    {
        var session = await OpenAsync();
        using var connection = await BoshConnection.ConnectAsync(Url);
        for (var i = 0; i < (isKept ? 2 : 1); i++)
        {
            // The steps of a login, since a restart is for a stream that has authenticated.
            var entity = (i == 0 ? session.Next([], Authentication) : session.Next([("xmpp:restart", "true")])).ToString();
            string[] headers = [$"Content-Length: {entity.Length}", .. isKept ? (string[])["Connection: keep-alive"] : []];
            await connection.SendAsync(Encoding.ASCII.GetBytes(Head("HTTP/1.0", headers) + entity));
            var answer = await connection.ReadAnswerAsync().WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(HttpFraming.ContentLength, answer.Framing);
            Assert.NotEmpty(BoshAnswer.Parse(answer).Payload);
            if (isKept) Assert.Contains("keep-alive", answer.Header("Connection"), StringComparison.OrdinalIgnoreCase);
            else Assert.Empty(await connection.ReadToCloseAsync().WaitAsync(TimeSpan.FromSeconds(10)));
        }
    }

    [Fact]
    [Trait("Rule", "B-HTTP-08")]
    public async Task A_sessions_requests_come_on_any_connection()
    {
        var session = await LoginAsync();
        using var one = await session.ConnectAsync();
        using var two = await session.ConnectAsync();
        for (var i = 0; i < 50; i++) Assert.Single((await session.AskAsync(session.Next([], Ping("p")), one)).Payload);
        for (var i = 0; i < 20; i++) Assert.Single((await session.AskAsync(session.Next([], Ping("p")), i % 2 == 0 ? one : two)).Payload);
        for (var i = 0; i < 20; i++) Assert.Single((await session.AskAsync(session.Next([], Ping("p")))).Payload);
    }

    [Fact]
    [Trait("Rule", "B-HTTP-09")]
    [Trait("Scope", "ours")]
    public async Task A_client_that_is_known_to_pipeline_is_made_to_use_a_connection_for_each_request()
    {
        // COMPAT(libpurple 2, gloox): they send this attribute, and after a close they no longer pipeline.
        var session = await LoginAsync(("secure", "true"));
        Assert.False(session.Creation!.Http!.KeepsAlive);
        var first = await session.SendAsync(session.Next());
        var second = await session.SendAsync(session.Next());
        AssertEmpty(await AtOnceAsync(first));
        await AssertHeldAsync(second);
    }

    // Kestrel reads a connection's second request only when the first is answered, so an unknown client that pipelines behind a held
    // request waits for it. No browser pipelines; those who do are known by `secure` (above), and then nothing stalls (B-HTTP-09).
    [Fact]
    public async Task Pipelined_requests_are_answered_one_after_the_other()
    {
        var session = await LoginAsync();
        using var connection = await session.ConnectAsync();
        var requests = new List<SentRequest>();
        for (var i = 0; i < 5; i++) requests.Add(await session.SendAsync(session.Next([], Ping($"{i}")), connection));
        for (var i = 0; i < 5; i++) Assert.Equal($"{i}", Assert.Single((await AtOnceAsync(requests[i])).Payload).Attribute("id")?.Value);
    }

    private string Head(string version, params string[] headers) =>
        $"POST {Url.PathAndQuery} {version}\r\nHost: {Url.Authority}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n";

    private static async Task ReceivedAsync(BoshConnection connection, int bytes)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (connection.BytesReceived < bytes) await Task.Delay(10, limit.Token);
    }
}
