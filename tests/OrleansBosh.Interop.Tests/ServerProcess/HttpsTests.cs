using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Xml.Linq;
using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.ServerProcess;

/// <summary>A node with an http and an https address, and what each of them gives to whom.</summary>
public sealed class HttpsTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleans-bosh-tls-");
    private NodeProcess _node = null!;
    private Uri _https = null!;
    private Uri _http = null!;

    private string CertificateFile => Path.Combine(_folder.FullName, "node.pem");

    public async Task InitializeAsync()
    {
        WriteCertificate("first");
        (_http, _https) = (new($"http://127.0.0.1:{FreePort()}/http-bind"), new($"https://127.0.0.1:{FreePort()}/http-bind"));
        _node = await NodeProcess.StartAsync(new()
        {
            Port = _http.Port,
            Settings = new Dictionary<string, string>
            {
                ["Urls"] = $"http://127.0.0.1:{_http.Port};https://127.0.0.1:{_https.Port}",
                ["CertificateFile"] = CertificateFile,
                ["Domain"] = "example.com",
                ["AllowAnonymous"] = "true",
                ["TrustedProxies"] = "127.0.0.9",
            },
        });
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    [Trait("Rule", "B-SEC-05")]
    public async Task Over_https_a_session_works_and_passwords_may_be_sent_as_they_are()
    {
        await using var session = new ScriptedSession(Client(_https));
        await session.LoginAsync(BoshLogin.Anonymous());
        var mechanisms = session.Creation!.Features!.Descendants().Where(e => e.Name.LocalName == "mechanism").Select(e => e.Value);
        Assert.Contains("PLAIN", mechanisms);
    }

    [Fact]
    [Trait("Rule", "B-SEC-01")]
    [Trait("Rule", "B-COND-11")]
    public async Task Over_http_clients_are_sent_to_https_even_when_they_claim_to_be_encrypted()
    {
        await using var session = new ScriptedSession(Client(_http) with { Headers = [("X-Forwarded-Proto", "https")] });
        var answer = await session.AskAsync(session.CreationRequest());
        Assert.Equal("see-other-uri", answer.Condition);
        var uri = Assert.Single(answer.Payload);
        Assert.Equal(XName.Get("uri", "http://jabber.org/protocol/httpbind"), uri.Name);
        Assert.Equal(_https.AbsoluteUri, uri.Value);
    }

    [Fact]
    [Trait("Rule", "B-SEC-02")]
    public async Task An_encrypted_session_takes_no_request_without_encryption_and_lives_on()
    {
        await using var session = new ScriptedSession(Client(_https));
        await session.LoginAsync(BoshLogin.Anonymous());
        var request = session.Next([], StanzaXml.Text(StanzaXml.Ping("example.com", "p")));
        session.Node = _http;
        await Assert.ThrowsAnyAsync<IOException>(() => session.AskAsync(request));
        session.Node = _https;
        var answer = await session.AskAsync(request);
        Assert.Equal("result", Assert.Single(answer.Payload).Attribute("type")!.Value);
    }

    [Fact]
    [Trait("Rule", "B-DISC-01")]
    [Trait("Rule", "B-DISC-02")]
    [Trait("Rule", "B-DISC-03")]
    public async Task Discovery_names_https_urls_and_exists_over_https_only()
    {
        var xml = await GetAsync(_https, "/.well-known/host-meta");
        Assert.Equal((200, "application/xrd+xml", "*"), (xml.Status, xml.Header("Content-Type"), xml.Header("Access-Control-Allow-Origin")));
        var link = XElement.Parse(xml.Text).Elements().Single();
        Assert.Equal(("urn:xmpp:alt-connections:xbosh", _https.AbsoluteUri), (link.Attribute("rel")!.Value, link.Attribute("href")!.Value));

        var json = await GetAsync(_https, "/.well-known/host-meta.json");
        Assert.Equal("application/json", json.Header("Content-Type"));
        Assert.Equal($$"""{"links":[{"rel":"urn:xmpp:alt-connections:xbosh","href":"{{_https.AbsoluteUri}}"}]}""", json.Text);

        Assert.Equal(404, (await GetAsync(_http, "/.well-known/host-meta")).Status);
        Assert.Equal(404, (await GetAsync(_http, "/.well-known/host-meta.json")).Status);
    }

    [Fact]
    public async Task A_renewed_certificate_is_used_without_a_restart()
    {
        Assert.Equal("CN=first", await SubjectAsync());
        WriteCertificate("second");
        // The file is looked at once a second.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await SubjectAsync() != "CN=second") await timer.WaitForNextTickAsync(patience.Token);
    }

    [Fact]
    [Trait("Rule", "B-HTTP-12")]
    public async Task Requests_of_one_session_work_as_parallel_streams_of_http_2()
    {
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = IsOurs } })
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var creation = await PostAsync("<body rid='7' to='example.com' wait='10' hold='1' ver='1.11' xmlns='http://jabber.org/protocol/httpbind'/>");
        var sid = creation.Attribute("sid")!.Value;
        // Pre-authentication nothing is waiting to be said: the first is held until the second arrives.
        var first = PostAsync($"<body rid='8' sid='{sid}' xmlns='http://jabber.org/protocol/httpbind'/>");
        var second = PostAsync($"<body rid='9' sid='{sid}' type='terminate' xmlns='http://jabber.org/protocol/httpbind'/>");
        Assert.Equal("terminate", (await first).Attribute("type")!.Value);
        Assert.Null((await second).Attribute("type"));

        async Task<XElement> PostAsync(string body)
        {
            using var content = new StringContent(body, Encoding.UTF8, "text/xml");
            using var response = await http.PostAsync(_https, content);
            Assert.Equal(HttpVersion.Version20, response.Version);
            return XElement.Parse(await response.Content.ReadAsStringAsync());
        }
    }

    private static BoshClientOptions Client(Uri node) => new()
    {
        Nodes = [node],
        Domain = "example.com",
        Connections = new() { CertificateCheck = IsOurs },
    };

    private static bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate?.Subject is "CN=first" or "CN=second";

    private static async Task<HttpAnswer> GetAsync(Uri node, string path)
    {
        using var connection = await BoshConnection.ConnectAsync(node, Client(node).Connections);
        return await connection.ExchangeAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {node.Authority}\r\n\r\n"));
    }

    private async Task<string> SubjectAsync()
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _https.Port);
        await using var tls = new SslStream(tcp.GetStream(), false, IsOurs);
        await tls.AuthenticateAsClientAsync("example.com");
        return tls.RemoteCertificate!.Subject;
    }

    private void WriteCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        // In one step, as certificate tools do: a half-written file would only be read a second later.
        File.WriteAllText(CertificateFile + ".new", certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        File.Move(CertificateFile + ".new", CertificateFile, overwrite: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
