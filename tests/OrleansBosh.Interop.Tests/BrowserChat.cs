using Microsoft.Playwright;
using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests;

/// <summary>One node and one browser, shared by the tests of a class.</summary>
public sealed class BrowserChat : IAsyncLifetime
{
    private Chromium? _browser;
    private NodeProcess? _node;

    public Uri Url => _node!.Url;

    public async Task InitializeAsync()
    {
        _node = await NodeProcess.StartAsync();
        _browser = await Chromium.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        if (_node is not null) await _node.DisposeAsync();
    }

    /// <summary>A browser window of a person who has never been here.</summary>
    public async Task<Visitor> OpenAsync(string path = "", ColorScheme colors = ColorScheme.Light, int width = 1100, int height = 720)
    {
        var visitor = await _browser!.OpenAsync(Url, [], colors, width, height);
        await visitor.Page.GotoAsync(path);
        return visitor;
    }

    /// <summary>The same at the chat page as it is found at another address, behind a proxy.</summary>
    public async Task<Visitor> OpenAsync(Uri origin)
    {
        var visitor = await _browser!.OpenAsync(origin);
        await visitor.Page.GotoAsync("");
        return visitor;
    }
}
