using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

/// <summary>A scripted server and live clients that are dropped when the test ends.</summary>
public abstract class LiveClientTestBase : IAsyncDisposable
{
    private readonly List<BoshClient> _clients = [];

    private protected RawServer Server { get; } = new RawServer().ServeRequests();

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
        Server.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected BoshClient NewClient(Func<BoshClientOptions, BoshClientOptions>? change = null)
    {
        var options = new BoshClientOptions { Nodes = [Server.Url], Domain = "localhost" };
        var client = new BoshClient(change is null ? options : change(options));
        _clients.Add(client);
        return client;
    }

    /// <summary>A logged-in client and the first request that it lets the server hold.</summary>
    private protected async Task<(BoshClient Client, RawRequest Held)> LoginAsync(
        string creation = "hold='1' requests='2' wait='60'", Func<BoshClientOptions, BoshClientOptions>? options = null)
    {
        var client = NewClient(options);
        var login = client.LoginAsync(BoshLogin.Anonymous(), Server.Limit);
        await Server.LoginAsync(creation);
        await login;
        return (client, await Server.NextAsync());
    }
}
