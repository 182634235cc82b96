using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests.Clients;

/// <summary>The node that the tests of one client talk to.</summary>
public sealed class ClientNode : IAsyncLifetime
{
    private NodeProcess? _process;

    public NodeProcess Process => _process!;

    public async Task InitializeAsync() => _process = await NodeProcess.StartAsync();

    public async Task DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
    }
}
