using System.Text;
using System.Xml.Linq;
using OrleansBosh.Interop.Tests.ServerProcess;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>
/// 1.20 and 1.22: a service for encrypted clients only, at the https URL that it gives to others and at an http one. Of a service of one's
/// own BOSH_HTTPS_URL and BOSH_HTTP_URL are the two, with guests in BOSH_DOMAIN and a certificate that this machine trusts.
/// </summary>
[Trait("Suite", "wire")]
[Trait("Scope", "ours")]
public sealed class SecureTests(SecureTests.Service service) : IClassFixture<SecureTests.Service>
{
    private Uri Https => service.Https;

    private Uri Http => service.Http;

    private string Domain => service.Domain;

    [Fact]
    [Trait("Rule", "B-SEC-05")]
    public async Task Over_https_a_session_works_and_passwords_may_be_sent_as_they_are()
    {
        await using var session = new ScriptedSession(service.Client(Https));
        await session.LoginAsync(BoshLogin.Anonymous());
        var mechanisms = session.Creation!.Features!.Descendants().Where(e => e.Name.LocalName == "mechanism").Select(e => e.Value);
        Assert.Contains("PLAIN", mechanisms);
    }

    [Fact]
    [Trait("Rule", "B-SEC-01")]
    [Trait("Rule", "B-COND-11")]
    public async Task Over_http_clients_are_sent_to_https_even_when_they_claim_to_be_encrypted()
    {
        await using var session = new ScriptedSession(service.Client(Http) with { Headers = [("X-Forwarded-Proto", "https")] });
        var answer = await session.AskAsync(session.CreationRequest());
        Assert.Equal("see-other-uri", answer.Condition);
        var uri = Assert.Single(answer.Payload);
        Assert.Equal(XName.Get("uri", "http://jabber.org/protocol/httpbind"), uri.Name);
        Assert.Equal(Https.AbsoluteUri, uri.Value);
    }

    [Fact]
    [Trait("Rule", "B-SEC-02")]
    public async Task An_encrypted_session_takes_no_request_without_encryption_and_lives_on()
    {
        await using var session = new ScriptedSession(service.Client(Https));
        await session.LoginAsync(BoshLogin.Anonymous());
        var request = session.Next([], StanzaXml.Text(StanzaXml.Ping(Domain, "p")));
        session.Node = Http;
        await Assert.ThrowsAnyAsync<IOException>(() => session.AskAsync(request));
        session.Node = Https;
        var answer = await session.AskAsync(request);
        Assert.Equal("result", Assert.Single(answer.Payload).Attribute("type")!.Value);
    }

    [Fact]
    [Trait("Rule", "B-DISC-01")]
    [Trait("Rule", "B-DISC-02")]
    [Trait("Rule", "B-DISC-03")]
    [Trait("NotOffered", "B-EXT-04")]
    public async Task Discovery_names_https_urls_and_exists_over_https_only()
    {
        var xml = await GetAsync(Https, "/.well-known/host-meta");
        Assert.Equal((200, "application/xrd+xml", "*"), (xml.Status, xml.Header("Content-Type"), xml.Header("Access-Control-Allow-Origin")));
        var link = XElement.Parse(xml.Text).Elements().Single();
        Assert.Equal(("urn:xmpp:alt-connections:xbosh", Https.AbsoluteUri), (link.Attribute("rel")!.Value, link.Attribute("href")!.Value));

        var json = await GetAsync(Https, "/.well-known/host-meta.json");
        Assert.Equal("application/json", json.Header("Content-Type"));
        Assert.Equal($$"""{"links":[{"rel":"urn:xmpp:alt-connections:xbosh","href":"{{Https.AbsoluteUri}}"}]}""", json.Text);

        Assert.Equal(404, (await GetAsync(Http, "/.well-known/host-meta")).Status);
        Assert.Equal(404, (await GetAsync(Http, "/.well-known/host-meta.json")).Status);
    }

    private async Task<HttpAnswer> GetAsync(Uri node, string path)
    {
        using var connection = await BoshConnection.ConnectAsync(node, service.Client(node).Connections);
        return await connection.ExchangeAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {node.Authority}\r\n\r\n"));
    }

    public sealed class Service : IAsyncLifetime
    {
        private HttpsNode? _node;

        internal Uri Https { get; private set; } = null!;

        internal Uri Http { get; private set; } = null!;

        internal string Domain => _node is null ? WireNode.Domain : HttpsNode.Domain;

        public async Task InitializeAsync()
        {
            if (Environment.GetEnvironmentVariable("BOSH_HTTPS_URL") is { Length: > 0 } https
                && Environment.GetEnvironmentVariable("BOSH_HTTP_URL") is { Length: > 0 } http)
            {
                (Https, Http) = (new(https), new(http));
                return;
            }

            _node = await HttpsNode.StartAsync();
            (Https, Http) = (_node.Https, _node.Http);
        }

        public async Task DisposeAsync()
        {
            if (_node is not null) await _node.DisposeAsync();
        }

        internal BoshClientOptions Client(Uri url) => _node is null ? new() { Nodes = [url], Domain = Domain } : HttpsNode.Client(url);
    }
}
