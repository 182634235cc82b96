using System.Xml.Linq;
using OrleansBosh.Load.Live;

namespace OrleansBosh.Load.Scenarios;

/// <summary>Sessions that are logged in before the measurement and stay until its end.</summary>
internal sealed class SessionPool(LoadRun run) : IAsyncDisposable
{
    private BoshClient[] _clients = [];
    private Task[] _watches = [];

    /// <summary>In the order of their indexes. One whose login failed has no JID.</summary>
    public IReadOnlyList<BoshClient> Clients => _clients;

    /// <param name="users">The account of each session.</param>
    /// <param name="receive">Gets the index of a session and what it receives, one stanza after the other.</param>
    /// <param name="cancellation">Ends the logins.</param>
    public async Task OpenAsync(IReadOnlyList<string> users, Action<int, XElement> receive, CancellationToken cancellation)
    {
        await run.RegisterAsync(users, cancellation);
        _clients = [.. users.Select((_, i) => run.NewClient(i))];
        await run.ForEachAsync(_clients.Index(), item => run.LoginAsync(item.Item, users[item.Index], cancellation), cancellation);
        _watches = [.. _clients.Index().Where(item => item.Item.Jid is not null).Select(item => run.WatchAsync(item.Item, stanza => receive(item.Index, stanza)))];
    }

    /// <summary>Ends all sessions; what comes until then is still handed out.</summary>
    public async Task CloseAsync(CancellationToken cancellation)
    {
        await run.ForEachAsync(_clients.Where(client => client is { Jid: not null, Completion.IsCompleted: false }), client => run.CloseAsync(client, cancellation), cancellation);
        await Task.WhenAll(_watches);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
        await Task.WhenAll(_watches);
    }
}
