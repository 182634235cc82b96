using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OrleansBosh.Interop.Tests.Clients;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansBosh.Interop.Tests;

/// <summary>A page with Strophe is closed while messages arrive, and opened again: <c>node/reload.html</c>.</summary>
public sealed partial class ReloadTests(BrowserChat chat, ITestOutputHelper output) : IClassFixture<BrowserChat>
{
    private const int Messages = 200;

    /// <summary>The page is closed somewhere in the first ones; the answer on its way then may carry some of them.</summary>
    private const int First = 100;

    /// <summary>Sent while there is no page.</summary>
    private const int Between = 20;

    private BoshClientOptions Options => new()
    {
        Nodes = [new(chat.Url, "http-bind")],
        Domain = "localhost",
        // Many small requests make many answers, and the page is closed between the first and the last of them.
        MaxBatch = 5,
    };

    [Fact]
    [Trait("Rule", "P-RT-13")]
    public async Task A_page_that_acknowledges_loses_nothing_when_it_is_closed_in_a_burst_and_opened_again()
    {
        await using var juliet = await OpenAsync("reload.html?ack");
        await using var romeo = new BoshClient(Options);
        await romeo.LoginAsync(BoshLogin.Anonymous());
        await CloseAndReopenAsync(juliet, romeo, "reload.html?ack");

        await SendAsync(romeo, juliet.Jid, First + Between, Messages - First - Between);
        await juliet.WaitForAsync(Messages - 1);
        Assert.Equal(Enumerable.Range(0, Messages), await juliet.ReceivedAsync());
    }

    [Fact]
    [Trait("Rule", "P-RT-13")]
    public async Task A_page_as_Strophe_restores_it_loses_only_what_was_written_to_the_connection_that_it_aborted()
    {
        await using var juliet = await OpenAsync("reload.html");
        await using var romeo = new BoshClient(Options);
        await romeo.LoginAsync(BoshLogin.Anonymous());
        var aborted = await CloseAndReopenAsync(juliet, romeo, "reload.html");
        await juliet.WaitForAsync(First + Between - 1);

        // The answer that the old page never saw is still in the server's cache.
        await using var replay = new ScriptedSession(Options with { FirstRid = aborted.Rid }) { Sid = aborted.Sid };
        var answer = await replay.AskAsync(replay.Request(0));
        Assert.False(answer.IsTerminate, answer.ToString());
        // The page's own presence may have been in that request, and its echo in the answer.
        var lost = answer.Payload
            .Where(stanza => stanza.Name == BoshNames.Client + "message")
            .Select(message => Number(message.Element(BoshNames.Client + "body")!.Value))
            .ToList();
        output.WriteLine($"{lost.Count} messages were written to the aborted connection.");

        await SendAsync(romeo, juliet.Jid, First + Between, Messages - First - Between);
        await juliet.WaitForAsync(Messages - 1);
        Assert.Equal(Enumerable.Range(0, Messages).Except(lost), await juliet.ReceivedAsync());
    }

    /// <returns>The request that was on its way when the page closed.</returns>
    private static async Task<(long Rid, string Sid)> CloseAndReopenAsync(StrophePage juliet, BoshClient romeo, string path)
    {
        await juliet.Page.EvaluateAsync($"leaveAfter({First / 4})");
        await SendAsync(romeo, juliet.Jid, 0, First);
        await juliet.Page.WaitForURLAsync("about:blank");
        var aborted = juliet.LastRequest;

        await SendAsync(romeo, juliet.Jid, First, Between);
        await juliet.Page.GotoAsync(path);
        await Expect(juliet.Html).ToHaveAttributeAsync("data-status", "ATTACHED");
        await Expect(juliet.Html).ToHaveAttributeAsync("data-jid", juliet.Jid);
        return aborted;
    }

    /// <summary>Returns when the server has delivered them to the session of the receiver.</summary>
    private static async Task SendAsync(BoshClient from, string to, int first, int count)
    {
        for (var i = first; i < first + count; i++)
            await from.SendAsync(StanzaXml.Message(to, i.ToString(CultureInfo.InvariantCulture)));
        // Stanzas of a session are handled in order, so what stands before the ping has been.
        Assert.Null(StanzaXml.ErrorCondition(await from.IqAsync(StanzaXml.Ping("localhost"))));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>The page comes from the node's own address, as the BOSH resource of a site does.</summary>
    private async Task<StrophePage> OpenAsync(string path)
    {
        var visitor = await chat.OpenAsync("basic.html");
        await ServeAsync(visitor.Page, Path.Combine(ClientProgram.ScriptFolder, "reload.html"), "text/html");
        await ServeAsync(
            visitor.Page,
            Path.Combine(ClientProgram.ScriptFolder, "node_modules", "strophe.js", "dist", "strophe.umd.min.js"),
            "text/javascript");
        var strophe = new StrophePage(visitor);
        await visitor.Page.GotoAsync(path);
        await Expect(strophe.Html).ToHaveAttributeAsync("data-status", "CONNECTED");
        strophe.Jid = await strophe.Html.GetAttributeAsync("data-jid") ?? "";
        return strophe;
    }

    private static async Task ServeAsync(IPage page, string file, string contentType) => await page.RouteAsync(
        new Regex($@"/{Regex.Escape(Path.GetFileName(file))}(\?|$)"),
        route => route.FulfillAsync(new() { Path = file, ContentType = contentType }));

    /// <summary>The guest at the page, and what its requests say.</summary>
    private sealed partial class StrophePage : IAsyncDisposable
    {
        private readonly Visitor _visitor;

        public StrophePage(Visitor visitor)
        {
            _visitor = visitor;
            Page.Request += (_, request) =>
            {
                if (request.PostData is { } entity && Sid().Match(entity) is { Success: true } sid)
                    LastRequest = (long.Parse(Rid().Match(entity).Groups[1].Value, CultureInfo.InvariantCulture), sid.Groups[1].Value);
            };
        }

        public IPage Page => _visitor.Page;

        public ILocator Html => Page.Locator("html");

        public string Jid { get; set; } = "";

        public (long Rid, string Sid) LastRequest { get; private set; }

        public async Task WaitForAsync(int message) =>
            await Page.WaitForFunctionAsync($"` ${{sessionStorage.received ?? ''}}`.includes(' {message} ')");

        public async Task<IEnumerable<int>> ReceivedAsync()
        {
            var received = await Page.EvaluateAsync<string>("sessionStorage.received");
            return received.Trim().Split(' ').Select(Number);
        }

        public ValueTask DisposeAsync() => _visitor.DisposeAsync();

        [GeneratedRegex("""\brid=["']([0-9]+)""")]
        private static partial Regex Rid();

        [GeneratedRegex("""\bsid=["']([^"']+)""")]
        private static partial Regex Sid();
    }
}
