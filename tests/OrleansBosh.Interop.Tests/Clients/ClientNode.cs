using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;

namespace OrleansBosh.Interop.Tests.Clients;

/// <summary>The node that the tests of one client talk to.</summary>
public sealed class ClientNode : IAsyncLifetime
{
    /// <summary>Of every account.</summary>
    public const string Password = "pencil";

    private NodeProcess? _process;

    public NodeProcess Process => _process!;

    public async Task InitializeAsync() => _process = await NodeProcess.StartAsync();

    public async Task DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
    }

    /// <summary>For clients that cannot register by themselves.</summary>
    public async Task RegisterAsync(string name)
    {
        await using var client = new BoshClient(new BoshClientOptions { Nodes = [Process.BoshUrl], Domain = "localhost" });
        await client.RegisterAsync(name, Password);
    }
}
