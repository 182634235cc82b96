using Microsoft.Playwright;
using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests;

/// <summary>One node and one headless Chromium, shared by the tests of a class; each person gets a browser context of their own.</summary>
public sealed class BrowserChat : IAsyncLifetime
{
    /// <summary>Two browsers and a server share the cores of the smallest build machine.</summary>
    private const int LimitMs = 20_000;

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private NodeProcess? _node;

    /// <summary>Debian's package, so that Playwright need not download a browser of its own.</summary>
    private static string Chromium => Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium";

    public Uri Url => _node!.Url;

    public async Task InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout(LimitMs);
        _node = await NodeProcess.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args =
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }

    /// <summary>A browser window of a person who has never been here.</summary>
    public async Task<Visitor> OpenAsync(string path = "", ColorScheme colors = ColorScheme.Light, int width = 1100, int height = 720)
    {
        var context = await _browser!.NewContextAsync(new()
        {
            BaseURL = Url.ToString(),
            ColorScheme = colors,
            Locale = "en-GB",
            ViewportSize = new() { Width = width, Height = height },
        });
        context.SetDefaultTimeout(LimitMs);
        var visitor = new Visitor(await context.NewPageAsync(), Url);
        await visitor.Page.GotoAsync(path);
        return visitor;
    }
}
