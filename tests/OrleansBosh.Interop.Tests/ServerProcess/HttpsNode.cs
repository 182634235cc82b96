using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Interop.Tests.ServerProcess;

/// <summary>A node with an http and an https address, and a certificate that its clients know.</summary>
internal sealed class HttpsNode : IAsyncDisposable
{
    public const string Domain = "example.com";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleans-bosh-tls-");
    private NodeProcess? _process;

    private HttpsNode()
    {
        Http = new($"http://127.0.0.1:{LoopbackPorts.FindFree()}/http-bind");
        Https = new($"https://127.0.0.1:{LoopbackPorts.FindFree()}/http-bind");
    }

    public Uri Http { get; }

    public Uri Https { get; }

    public static async Task<HttpsNode> StartAsync()
    {
        var node = new HttpsNode();
        node.WriteCertificate("first");
        node._process = await NodeProcess.StartAsync(new()
        {
            Port = node.Http.Port,
            Settings = new Dictionary<string, string>
            {
                ["Urls"] = $"http://127.0.0.1:{node.Http.Port};https://127.0.0.1:{node.Https.Port}",
                ["CertificateFile"] = node.CertificateFile,
                ["Domain"] = Domain,
                ["AllowAnonymous"] = "true",
                ["TrustedProxies"] = "127.0.0.9",
            },
        });
        return node;
    }

    public static BoshClientOptions Client(Uri node) => new()
    {
        Nodes = [node],
        Domain = Domain,
        Connections = new() { CertificateCheck = IsOurs },
    };

    public static bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate?.Subject is "CN=first" or "CN=second";

    public void WriteCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        // In one step, as certificate tools do: a half-written file would only be read a second later.
        File.WriteAllText(CertificateFile + ".new", certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        File.Move(CertificateFile + ".new", CertificateFile, overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private string CertificateFile => Path.Combine(_folder.FullName, "node.pem");
}
