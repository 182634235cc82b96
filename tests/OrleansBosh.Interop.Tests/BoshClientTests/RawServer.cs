using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

/// <summary>
/// A listener on a free loopback port. Tests of the connection take the raw connections; tests of sessions take whole requests, from
/// whichever connection they come, in the order of their arrival.
/// </summary>
internal sealed class RawServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<RawRequest> _requests = Channel.CreateUnbounded<RawRequest>();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));
    private readonly List<RawPeer> _peers = [];
    private bool _isDisposed;

    public RawServer() => _listener.Start();

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    public Uri Url => new($"http://{Address}/http-bind");

    /// <summary>Ends what hangs: a test that waits longer has failed.</summary>
    public CancellationToken Limit => _limit.Token;

    public async Task<RawPeer> AcceptAsync() => Keep(new RawPeer(await AcceptStreamAsync()));

    public async Task<RawPeer> AcceptTlsAsync(X509Certificate certificate)
    {
        var tls = new SslStream(await AcceptStreamAsync());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, Limit);
        return Keep(new RawPeer(tls));
    }

    /// <summary>Takes every connection and reads requests from all of them, for <see cref="NextAsync"/>.</summary>
    public RawServer ServeRequests()
    {
        _ = AcceptLoopAsync();
        return this;
    }

    public async Task<RawRequest> NextAsync() => await _requests.Reader.ReadAsync(Limit);

    /// <summary>Answers the four requests of an ANONYMOUS login; the session attributes are those of a usual server.</summary>
    public async Task LoginAsync(string creationAttributes = "hold='1' requests='2' wait='60'", string attributes = "")
    {
        await (await NextAsync()).AnswerAsync(Mechanisms("ANONYMOUS"),
            $"sid='s1' {creationAttributes} {attributes} xmlns:stream='http://etherx.jabber.org/streams'");
        await (await NextAsync()).AnswerAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", attributes);
        await AnswerRestartAndBindAsync(attributes);
    }

    public async Task AnswerRestartAndBindAsync(string attributes = "")
    {
        await (await NextAsync()).AnswerAsync(Features("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"),
            $"{attributes} xmlns:stream='http://etherx.jabber.org/streams'");
        var bind = await NextAsync();
        var id = bind.Body.Elements().Single().Attribute("id")!.Value;
        await bind.AnswerAsync(BindResult(id), attributes);
    }

    public static string Features(string children) => $"<stream:features>{children}</stream:features>";

    public static string Mechanisms(string name) =>
        Features($"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>{name}</mechanism></mechanisms>");

    public static string BindResult(string id) =>
        $"<iq xmlns='jabber:client' type='result' id='{id}'>"
        + "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>g@localhost/r</jid></bind></iq>";

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _limit.Cancel();
        _listener.Dispose();
        lock (_peers)
            _peers.ForEach(p => p.Dispose());
        _limit.Dispose();
    }

    private async Task<NetworkStream> AcceptStreamAsync() => new(await _listener.AcceptSocketAsync(Limit), ownsSocket: true);

    private RawPeer Keep(RawPeer peer)
    {
        lock (_peers)
            _peers.Add(peer);
        return peer;
    }

    private async Task AcceptLoopAsync()
    {
        var limit = Limit;
        while (!limit.IsCancellationRequested)
            _ = ReadLoopAsync(await AcceptAsync(), limit);
    }

    private async Task ReadLoopAsync(RawPeer peer, CancellationToken limit)
    {
        try
        {
            while (await peer.ReadRequestAsync(limit) is { } request)
                _requests.Writer.TryWrite(request);
        }
        finally
        {
            peer.DeclareEnd();
        }
    }
}
