using System.Globalization;
using Microsoft.Playwright;
using OrleansBosh.Interop.Tests.Clients;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;
using static Microsoft.Playwright.Assertions;

namespace OrleansBosh.Interop.Tests;

/// <summary>A page with Strophe is closed while messages arrive, and opened again: <c>node/reload.html</c>.</summary>
public sealed class ReloadTests(BrowserChat chat) : IClassFixture<BrowserChat>
{
    private const int Messages = 200;

    /// <summary>Sent while there is no page.</summary>
    private const int Between = 20;

    [Fact]
    [Trait("Rule", "P-RT-13")]
    [Trait("Rule", "B-ACK-05")]
    [Trait("Rule", "B-RTX-06")]
    public async Task A_page_that_acknowledges_loses_nothing_when_it_is_closed_in_a_burst_and_opened_again()
    {
        await using var juliet = await OpenAsync();
        var html = juliet.Page.Locator("html");
        await Expect(html).ToHaveAttributeAsync("data-status", "CONNECTED");
        var jid = await html.GetAttributeAsync("data-jid") ?? "";
        await using var romeo = new BoshClient(new BoshClientOptions { Nodes = [new(chat.Url, "http-bind")], Domain = "localhost" });
        await romeo.LoginAsync(BoshLogin.Anonymous());

        var closing = juliet.Page.WaitForFunctionAsync($"(sessionStorage.received ?? '').split(' ').length > {Messages / 8}");
        await SendAsync(romeo, jid, 0, Messages / 2);
        await closing;
        await juliet.Page.GotoAsync("about:blank");
        await SendAsync(romeo, jid, Messages / 2, Between);
        await juliet.Page.GotoAsync("reload.html");
        await Expect(html).ToHaveAttributeAsync("data-status", "ATTACHED");
        Assert.Equal(jid, await html.GetAttributeAsync("data-jid"));
        var sent = (Messages / 2) + Between;
        await SendAsync(romeo, jid, sent, Messages - sent);

        await juliet.Page.WaitForFunctionAsync($"(sessionStorage.received ?? '').includes(' {Messages - 1} ')");
        var received = await juliet.Page.EvaluateAsync<string>("sessionStorage.received");
        Assert.Equal(Enumerable.Range(0, Messages), received.Trim().Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture)));
    }

    private static async Task SendAsync(BoshClient from, string to, int first, int count)
    {
        for (var i = first; i < first + count; i++)
            await from.SendAsync(StanzaXml.Message(to, i.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>The page comes from the node's own address, as the BOSH resource of a site does.</summary>
    private async Task<Visitor> OpenAsync()
    {
        var visitor = await chat.OpenAsync("basic.html");
        await ServeAsync(visitor.Page, Path.Combine(ClientProgram.ScriptFolder, "reload.html"), "text/html");
        await ServeAsync(
            visitor.Page,
            Path.Combine(ClientProgram.ScriptFolder, "node_modules", "strophe.js", "dist", "strophe.umd.min.js"),
            "text/javascript");
        await visitor.Page.GotoAsync("reload.html");
        return visitor;
    }

    private static async Task ServeAsync(IPage page, string file, string contentType) => await page.RouteAsync(
        $"**/{Path.GetFileName(file)}", route => route.FulfillAsync(new() { Path = file, ContentType = contentType }));
}
