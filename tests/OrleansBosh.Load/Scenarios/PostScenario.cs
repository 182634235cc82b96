using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Load.Scenarios;

/// <summary>
/// An operation is a POST as an echo sends it, at a server that need not know BOSH: what the HTTP server under a BOSH server costs.
/// </summary>
internal sealed class PostScenario(LoadRun run) : IScenario
{
    private readonly BoshConnection?[] _connections = new BoshConnection?[run.Options.Sessions];
    private byte[] _request = [];

    public int? Actors => _connections.Length;

    private Uri Url => run.Options.Urls[0];

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        const string ping = "<iq xmlns='jabber:client' type='get' to='localhost' id='iq1000'><ping xmlns='urn:xmpp:ping'/></iq>";
        var body = BoshRequest.Of(1, [("rid", "1234567890123"), ("sid", new string('s', 54))], [ping]);
        _request = HttpRequestText.Post(Url, body.Entity);
        await run.ForEachAsync(
            Enumerable.Range(0, _connections.Length), async i => _connections[i] = await BoshConnection.ConnectAsync(Url, run.Connections, cancellation), cancellation);
    }

    public async Task OperateAsync(int actor, CancellationToken cancellation)
    {
        var connection = _connections[actor] ?? throw new IOException("There is no connection.");
        run.Metrics.CountRequest();
        var answer = await connection.ExchangeAsync(_request, cancellation).WaitAsync(run.Options.Timeout, cancellation);
        if (answer.Status != 200) throw new BoshProtocolException($"The server answered HTTP {answer.Status} {answer.Reason}.");
    }

    public Task FinishAsync(CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        foreach (var connection in _connections) connection?.Dispose();
        return ValueTask.CompletedTask;
    }
}
