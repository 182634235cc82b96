using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace OrleansBosh.Interop.Tests.ServerProcess;

/// <summary>The certificate of a node with an https address. What such a node gives to whom: <see cref="Wire.SecureTests"/>.</summary>
public sealed class HttpsTests : IAsyncLifetime
{
    private HttpsNode _node = null!;

    public async Task InitializeAsync() => _node = await HttpsNode.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

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

    private async Task<string> SubjectAsync()
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _node.Https.Port);
        await using var tls = new SslStream(tcp.GetStream(), false, HttpsNode.IsOurs);
        await tls.AuthenticateAsClientAsync(HttpsNode.Domain);
        return tls.RemoteCertificate!.Subject;
    }
}
