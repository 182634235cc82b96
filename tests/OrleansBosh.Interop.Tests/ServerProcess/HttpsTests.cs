using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.ServerProcess;

/// <summary>A node with an http and an https address, and what each of them gives to whom.</summary>
public sealed class HttpsTests : IAsyncLifetime
{
    private HttpsNode _node = null!;

    public async Task InitializeAsync() => _node = await HttpsNode.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    [Trait("Rule", "B-SEC-05")]
    public async Task Over_https_a_session_works_and_passwords_may_be_sent_as_they_are()
    {
        await using var session = new ScriptedSession(HttpsNode.Client(_node.Https));
        await session.LoginAsync(BoshLogin.Anonymous());
        var mechanisms = session.Creation!.Features!.Descendants().Where(e => e.Name.LocalName == "mechanism").Select(e => e.Value);
        Assert.Contains("PLAIN", mechanisms);
    }

    [Fact]
    [Trait("Rule", "B-SEC-01")]
    [Trait("Rule", "B-COND-11")]
    public async Task Over_http_clients_are_sent_to_https_even_when_they_claim_to_be_encrypted()
    {
        await using var session = new ScriptedSession(HttpsNode.Client(_node.Http) with { Headers = [("X-Forwarded-Proto", "https")] });
        var answer = await session.AskAsync(session.CreationRequest());
        Assert.Equal("see-other-uri", answer.Condition);
        var uri = Assert.Single(answer.Payload);
        Assert.Equal(XName.Get("uri", "http://jabber.org/protocol/httpbind"), uri.Name);
        Assert.Equal(_node.Https.AbsoluteUri, uri.Value);
    }

    [Fact]
    [Trait("Rule", "B-SEC-02")]
    public async Task An_encrypted_session_takes_no_request_without_encryption_and_lives_on()
    {
        await using var session = new ScriptedSession(HttpsNode.Client(_node.Https));
        await session.LoginAsync(BoshLogin.Anonymous());
        var request = session.Next([], StanzaXml.Text(StanzaXml.Ping(HttpsNode.Domain, "p")));
        session.Node = _node.Http;
        await Assert.ThrowsAnyAsync<IOException>(() => session.AskAsync(request));
        session.Node = _node.Https;
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
        var xml = await GetAsync(_node.Https, "/.well-known/host-meta");
        Assert.Equal((200, "application/xrd+xml", "*"), (xml.Status, xml.Header("Content-Type"), xml.Header("Access-Control-Allow-Origin")));
        var link = XElement.Parse(xml.Text).Elements().Single();
        Assert.Equal(("urn:xmpp:alt-connections:xbosh", _node.Https.AbsoluteUri), (link.Attribute("rel")!.Value, link.Attribute("href")!.Value));

        var json = await GetAsync(_node.Https, "/.well-known/host-meta.json");
        Assert.Equal("application/json", json.Header("Content-Type"));
        Assert.Equal($$"""{"links":[{"rel":"urn:xmpp:alt-connections:xbosh","href":"{{_node.Https.AbsoluteUri}}"}]}""", json.Text);

        Assert.Equal(404, (await GetAsync(_node.Http, "/.well-known/host-meta")).Status);
        Assert.Equal(404, (await GetAsync(_node.Http, "/.well-known/host-meta.json")).Status);
    }

    [Fact]
    public async Task A_renewed_certificate_is_used_without_a_restart()
    {
        Assert.Equal("CN=first", await SubjectAsync());
        _node.WriteCertificate("second");
        // The file is looked at once a second.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await SubjectAsync() != "CN=second") await timer.WaitForNextTickAsync(patience.Token);
    }

    private static async Task<HttpAnswer> GetAsync(Uri node, string path)
    {
        using var connection = await BoshConnection.ConnectAsync(node, HttpsNode.Client(node).Connections);
        return await connection.ExchangeAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {node.Authority}\r\n\r\n"));
    }

    private async Task<string> SubjectAsync()
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _node.Https.Port);
        await using var tls = new SslStream(tcp.GetStream(), false, HttpsNode.IsOurs);
        await tls.AuthenticateAsClientAsync(HttpsNode.Domain);
        return tls.RemoteCertificate!.Subject;
    }
}
