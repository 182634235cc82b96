using System.Collections.Concurrent;
using Microsoft.Playwright;
using OrleansBosh.Load;
using static Microsoft.Playwright.Assertions;

namespace OrleansBosh.Interop.Tests;

/// <summary>A person at the chat page. Leaving fails the test if the page asked a foreign server for anything or threw an error.</summary>
public sealed class Visitor : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _faults = new();

    /// <param name="page">Still empty.</param>
    /// <param name="servers">All that the page may ask: where it comes from, and the nodes.</param>
    internal Visitor(IPage page, IReadOnlyList<Uri> servers)
    {
        Page = page;
        page.Request += (_, request) =>
        {
            var url = new Uri(request.Url);
            if (url.Scheme is "data" or "blob" || servers.Any(server => server.Authority == url.Authority)) return;
            _faults.Enqueue($"request to {request.Url}");
        };
        page.PageError += (_, error) => _faults.Enqueue($"page error: {error}");
    }

    public IPage Page { get; }

    public ILocator Problem => Page.Locator("#problem");

    public async Task<string> OwnAddressAsync() => await Page.Locator("#own-address").TextContentAsync() ?? "";

    public Task ExpectViewAsync(string view) => Expect(Page.Locator("body")).ToHaveAttributeAsync("data-view", view);

    public async Task RegisterAsync(string name, string password)
    {
        await ExpectViewAsync("welcome");
        await Page.ClickAsync("#tab-register");
        await Page.FillAsync("#register-name", name);
        await Page.FillAsync("#register-password", password);
        await Page.ClickAsync("#form-register [type=submit]");
    }

    public async Task LogInAsync(string name, string password)
    {
        await ExpectViewAsync("welcome");
        await Page.ClickAsync("#tab-login");
        await Page.FillAsync("#login-name", name);
        await Page.FillAsync("#login-password", password);
        await Page.ClickAsync("#form-login [type=submit]");
    }

    public async Task JoinAsGuestAsync()
    {
        await ExpectViewAsync("welcome");
        await Page.ClickAsync("#tab-guest");
        await Page.ClickAsync("#form-guest [type=submit]");
        await ExpectViewAsync("chat");
    }

    /// <summary>Adds a contact; for a guest, opens a chat.</summary>
    public async Task AddAsync(string address)
    {
        await Page.ClickAsync("#new-chat");
        await Page.FillAsync("#new-chat-address", address);
        await Page.ClickAsync("#new-chat-submit");
        await Expect(Page.Locator("#new-chat-dialog")).ToBeHiddenAsync();
    }

    public async Task SayAsync(string text)
    {
        await Page.FillAsync("textarea.chat-textarea", text);
        await Page.PressAsync("textarea.chat-textarea", "Enter");
    }

    /// <summary>The texts of the open chat are these, in this order, each once.</summary>
    public Task ExpectChatAsync(params string[] texts) => Expect(Page.Locator("converse-chat-message-body")).ToHaveTextAsync(texts);

    /// <summary>For a person who looks at what a test saw: <c>artifacts/screenshots/name.png</c>.</summary>
    public Task PictureAsync(string name) =>
        Page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, "artifacts", "screenshots", $"{name}.png") });

    public async ValueTask DisposeAsync()
    {
        await Page.Context.DisposeAsync();
        Assert.True(_faults.IsEmpty, string.Join("\n", _faults));
    }
}
