using OrleansBosh.Interop.Tests.Clients;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests;

/// <summary>Converse.js under load: somebody types into the page while messages pour in.</summary>
public sealed class ConverseTests(BrowserChat chat, ITestOutputHelper output) : IClassFixture<BrowserChat>
{
    private const int Messages = 200;
    private const double CutShare = 0.4;

    /// <summary>The page draws every message, which takes most of the time.</summary>
    private const int LimitMs = 120_000;

    [Fact]
    public async Task Two_hundred_messages_both_ways_emoji_and_fifty_kilobytes_arrive_once_and_in_order()
    {
        await using var juliet = await chat.OpenAsync();
        await ExchangeAsync(juliet);
    }

    [Fact]
    [Trait("Rule", "B-RTX-01")]
    [Trait("Rule", "B-RTX-05")]
    public async Task Nothing_is_lost_doubled_or_disordered_when_connections_break_at_random()
    {
        var seed = Random.Shared.Next();
        await using var proxy = new CuttingProxy(chat.Url, seed, CutShare);
        output.WriteLine($"Seed {seed}");
        await using var juliet = await chat.OpenAsync(proxy.Url);
        await ExchangeAsync(juliet);
        output.WriteLine($"{proxy.Cuts} connections were cut.");
        Assert.True(proxy.Cuts > 0);
    }

    private async Task ExchangeAsync(Visitor juliet)
    {
        await juliet.JoinAsGuestAsync();
        await using var romeo = new BoshClient(new BoshClientOptions
        {
            Nodes = [new(chat.Url, "http-bind")],
            Domain = "localhost",
            // Many small requests make the page ask often, and each time a connection may break.
            MaxBatch = 5,
        });
        var romeoAddress = (await romeo.LoginAsync(BoshLogin.Anonymous())).Split('/')[0];
        await romeo.SendAsync(StanzaXml.Presence());
        await juliet.AddAsync(romeoAddress);
        var julietAddress = await juliet.OwnAddressAsync();

        string[] fromRomeo = Texts("romeo"), fromJuliet = Texts("juliet");
        await Task.WhenAll(
            Task.Run(async () =>
            {
                foreach (var text in fromRomeo) await romeo.SendAsync(StanzaXml.Message(julietAddress, text));
            }),
            juliet.SayAllAsync(fromJuliet).WaitAsync(TimeSpan.FromMilliseconds(LimitMs)));

        Assert.Equal(fromJuliet, await ReceiveAsync(romeo, fromJuliet.Length));
        Assert.Equal(fromRomeo, await ReadAsync(juliet, romeoAddress, fromRomeo.Length));
    }

    private static string[] Texts(string who) =>
    [
        .. Enumerable.Range(0, Messages).Select(i => $"{i} from {who}"),
        "😀👩‍👩‍👧‍👦🇩🇪 ä€",
        "a < b && c > d; \"quoted\" 'too' &amp; ]]> <![CDATA[no]]>",
        string.Concat(Enumerable.Repeat("xä€😀", 5_120)),
    ];

    /// <summary>What the open chat has from this address, in its order. The page itself shows only the latest messages.</summary>
    private static async Task<string[]> ReadAsync(Visitor visitor, string address, int count)
    {
        var texts = $"""
            (document.querySelector('converse-chat-message')?.model.collection.models ?? [])
                .filter((message) => message.get('from').startsWith('{address}')).map((message) => message.get('body'))
            """;
        // Asked from here: the page's security policy forbids it the eval with which Playwright would wait inside.
        using var limit = new CancellationTokenSource(LimitMs);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (true)
        {
            var read = await visitor.Page.EvaluateAsync<string[]>(texts);
            if (read.Length >= count || limit.IsCancellationRequested) return read;
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>The texts in the order of their arrival; Converse also tells when somebody types.</summary>
    private static async Task<List<string>> ReceiveAsync(BoshClient client, int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
        {
            var stanza = await client.Stanzas.ReadAsync();
            if (stanza.Element(BoshNames.Client + "body") is { } body) texts.Add(body.Value);
        }

        return texts;
    }
}
