using System.Text;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>What is not a BOSH request gets the catalogue's answer, and a session beside it notices nothing.</summary>
[Collection(nameof(TwoNodes))]
public class BadRequestTests(TwoNodes nodes) : IAsyncLifetime
{
    private ScriptedSession _bystander = null!;

    public async Task InitializeAsync()
    {
        _bystander = new ScriptedSession(nodes.Client(nodes.A));
        await _bystander.LoginAsync(BoshLogin.Anonymous());
    }

    public async Task DisposeAsync()
    {
        var answer = await _bystander.AskAsync(_bystander.Next([], StanzaXml.Text(StanzaXml.Ping("localhost", "p1"))));
        Assert.Equal("result", Assert.Single(answer.Payload).Attribute("type")!.Value);
        await _bystander.DisposeAsync();
    }

    [Theory]
    [InlineData("<!DOCTYPE body [<!ENTITY a 'b'>]><body rid='1' xmlns='http://jabber.org/protocol/httpbind'/>")]
    [InlineData("<body rid='1' xmlns='http://jabber.org/protocol/httpbind'><message><bo")]
    [InlineData("<other rid='1' xmlns='http://jabber.org/protocol/httpbind'/>")]
    [InlineData("not xml")]
    [Trait("Rule", "B-XML-01")]
    [Trait("Rule", "B-XML-02")]
    [Trait("Rule", "B-XML-03")]
    [Trait("Rule", "B-COND-01")]
    public async Task A_body_that_is_no_body_gets_bad_request(string entity)
    {
        var answer = BoshAnswer.Parse(await ExchangeAsync($"POST /http-bind HTTP/1.1\r\nHost: x\r\nContent-Length: {entity.Length}\r\n\r\n{entity}"));
        Assert.Equal((200, "bad-request"), (answer.Http!.Status, answer.Condition));
    }

    [Theory]
    [InlineData(null, 400)]
    [InlineData("x", 400)]
    [InlineData("1.11", 200)]
    [Trait("Rule", "B-RID-01")]
    [Trait("Rule", "B-LEG-02")]
    public async Task A_request_without_a_rid_ends_its_session_with_the_http_status_that_its_client_knows(string? ver, int status)
    {
        await using var session = new ScriptedSession(nodes.Client(nodes.A));
        // Nothing is opened by a creation request of this kind.
        AssertBad(await session.AskAsync(session.CreationRequest([("ver", ver), ("rid", "x")])));
        foreach (var rid in (string?[])[null, "0", "x", "9007199254740992"])
        {
            await session.OpenAsync([("ver", ver)]);
            session.Node = nodes.B.Url; // the owner's word counts, wherever the request comes in
            AssertBad(await session.AskAsync(session.Request(1, [("rid", rid)])));
            var next = await session.AskAsync(session.Request(1));
            Assert.Equal((status == 200 ? 200 : 404, "item-not-found"), (next.Http!.Status, next.Condition));
        }

        void AssertBad(BoshAnswer answer) => Assert.Equal((status, "bad-request"), (answer.Http!.Status, answer.Condition));
    }

    [Theory]
    [InlineData("Content-Length: 0\r\n\r\n", 400, "bad-request")]
    [InlineData("Content-Length: 10000000\r\n\r\n<body", 413, "policy-violation")]
    [InlineData("Content-Length: 100\r\n\r\n<body", 408, "bad-request")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nZZ\r\n", 400, "bad-request")]
    [Trait("Rule", "B-HTTP-10")]
    public async Task An_entity_that_is_empty_too_large_stalled_or_broken_gets_an_http_error_with_a_body(string rest, int status, string condition)
    {
        var answer = await ExchangeAsync($"POST /http-bind HTTP/1.1\r\nHost: x\r\n{rest}");
        Assert.Equal(status, answer.Status);
        Assert.Equal(condition, BoshAnswer.Parse(answer.Entity).Condition);
        Assert.Equal(HttpFraming.ContentLength, answer.Framing);
        // Where more may still come on the connection, it is not used again.
        Assert.Equal(rest.StartsWith("Content-Length: 0\r", StringComparison.Ordinal), answer.KeepsAlive);
    }

    [Fact]
    [Trait("Rule", "B-HTTP-10")]
    public async Task A_chunked_entity_that_grows_too_large_gets_413()
    {
        using var connection = await BoshConnection.ConnectAsync(nodes.A.Url, BoshConnectionOptions.Default);
        var chunk = Encoding.ASCII.GetBytes($"80000\r\n{new string(' ', 0x80000)}\r\n");
        await connection.SendAsync(Encoding.ASCII.GetBytes("POST /http-bind HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
        for (var i = 0; i < 3; i++) await connection.SendAsync(chunk);
        Assert.Equal(413, (await connection.ReadAnswerAsync()).Status);
    }

    [Theory]
    [InlineData("GET", 200)]
    [InlineData("PUT", 405)]
    [InlineData("DELETE", 405)]
    [Trait("Rule", "B-HTTP-02")]
    public async Task Other_methods_get_a_text_or_405_and_open_no_session(string method, int status)
    {
        var before = nodes.A.SessionCount;
        var answer = await ExchangeAsync($"{method} /http-bind HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(status, answer.Status);
        Assert.Equal(HttpFraming.ContentLength, answer.Framing);
        Assert.Equal(status == 405, answer.Header("Allow") is not null);
        Assert.Equal(before, nodes.A.SessionCount);
    }

    [Theory]
    [InlineData("/http-bind")]
    [InlineData("/http-bind/")]
    [InlineData("/bosh")]
    [InlineData("/bosh/")]
    [Trait("Rule", "B-HTTP-01")]
    public async Task The_resource_answers_on_its_path_and_its_alias_with_and_without_trailing_slash(string path)
    {
        const string Body = "<body rid='1' to='localhost' xmlns='http://jabber.org/protocol/httpbind'/>";
        var answer = BoshAnswer.Parse(await ExchangeAsync($"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {Body.Length}\r\n\r\n{Body}"));
        Assert.NotNull(answer.Sid);
    }

    [Fact]
    [Trait("Rule", "B-HTTP-03")]
    [Trait("Rule", "B-HTTP-04")]
    public async Task A_browsers_preflight_is_allowed_and_answers_can_be_read_from_other_origins()
    {
        var preflight = await ExchangeAsync(
            "OPTIONS /http-bind HTTP/1.1\r\nHost: x\r\nOrigin: https://chat.example\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n");
        Assert.Equal(204, preflight.Status);
        Assert.Equal("*", preflight.Header("Access-Control-Allow-Origin"));
        Assert.Contains("POST", preflight.Header("Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Contains("Content-Type", preflight.Header("Access-Control-Allow-Headers"), StringComparison.Ordinal);
        var refused = await ExchangeAsync("POST /http-bind HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal("*", refused.Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData(null, "improper-addressing")]
    [InlineData("", "improper-addressing")]
    [InlineData("nx.invalid", "host-unknown")]
    [Trait("Rule", "B-CRE-06")]
    [Trait("Rule", "B-COND-03")]
    [Trait("Rule", "B-COND-04")]
    public async Task A_domain_that_is_not_served_leaves_no_session_behind(string? to, string condition)
    {
        var before = nodes.A.SessionCount;
        await using var session = new ScriptedSession(nodes.Client(nodes.A));
        var answer = await session.AskAsync(session.CreationRequest([("to", to)]));
        Assert.Equal(condition, answer.Condition);
        Assert.Equal(before, nodes.A.SessionCount);
    }

    [Theory]
    [InlineData("LOCALHOST")]
    [InlineData("localhost.")]
    [Trait("Rule", "B-CRE-07")]
    public async Task The_domain_is_prepared_before_it_is_looked_up(string to)
    {
        await using var session = new ScriptedSession(nodes.Client(nodes.A));
        var answer = await session.OpenAsync([("to", to)]);
        Assert.Equal("localhost", answer["from"]);
    }

    private async Task<HttpAnswer> ExchangeAsync(string request)
    {
        using var connection = await BoshConnection.ConnectAsync(nodes.A.Url, BoshConnectionOptions.Default);
        return await connection.ExchangeAsync(Encoding.ASCII.GetBytes(request));
    }
}
