using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>The cluster as the people at its pages see it: they choose a node by chance, and lose it.</summary>
[Collection(nameof(SeedExample))]
public sealed class SeedExampleTests(SeedExample seed, ITestOutputHelper output) : IAsyncLifetime
{
    /// <summary>Where every page of these tests comes from; which node then serves it is another question.</summary>
    private const string PageHost = "t1.example.com";

    private static readonly TimeSpan DetectionLimit = TimeSpan.FromSeconds(30);

    /// <summary>Five seconds are the aim; a machine on which all tests run at once may take longer.</summary>
    private static readonly TimeSpan ReturnLimit = TimeSpan.FromSeconds(ClusterTest.IsFull ? 5 : 30);

    public Task InitializeAsync() => seed.RepairAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_page_whose_node_is_killed_is_back_at_the_other_one_and_has_missed_nothing()
    {
        await seed.AddUserAsync("juliet", "balcony");
        await seed.AddUserAsync("romeo", "poison");
        await using var juliet = await seed.OpenAsync(PageHost);
        var traffic = new PageTraffic(juliet.Page);
        await juliet.Page.GotoAsync("");
        await juliet.LogInAsync("juliet", "balcony");
        await juliet.ExpectViewAsync("chat");
        var owner = await ExpectCreationAsync(traffic.Posts);
        Assert.True(traffic.BeganWithList);
        var other = SeedExample.Hosts.Single(host => host != owner);
        await Expect(juliet.Page.Locator("#node-name")).ToHaveTextAsync(owner);
        await using var romeo = new BoshClient(seed.ClientAt(other));
        await romeo.LoginAsync(BoshLogin.Scram("romeo", "poison"));
        Assert.Equal(other, romeo.Creation!.Host);
        await romeo.SendAsync(StanzaXml.Presence());
        await TalkAsync(juliet, romeo);
        Assert.All(traffic.Posts, post => Assert.Equal(owner, post.Node.Host));
        await juliet.PictureAsync("seed-1-before");

        var said = await KillAsync(owner, other, new LinkLog(juliet.Page), romeo);

        await juliet.ExpectChatAsync(["O Romeo, Romeo!", "Shall I hear more?", .. said]);
        await juliet.SayAsync("Ay me!");
        await HearAsync(romeo, "Ay me!");
        await Expect(juliet.Page.Locator("#toast")).ToHaveTextAsync($"Connected through {other}.");
        await juliet.PictureAsync("seed-2-after");
        var again = traffic.Posts.SkipWhile(post => post.IsCreation).SkipWhile(post => !post.IsCreation).ToArray();
        Assert.Equal(other, await ExpectCreationAsync(again));
        Assert.All(again, post => Assert.Equal(other, post.Node.Host));
    }

    [Fact]
    public async Task A_page_is_served_by_any_node_whichever_it_came_from()
    {
        await using var visitor = await seed.OpenAsync(PageHost);
        await visitor.Page.GotoAsync("");
        await visitor.ExpectViewAsync("welcome");
        // 60 times the same of two has a chance of 1 in 10^18.
        var picked = await visitor.Page.EvaluateAsync<string[]>("""
            async () => {
              const { NodeList } = await import('/orleans-bosh-client/index.js');
              const nodes = await NodeList.load({ listUrl: '/nodes' });
              return [...new Set(Array.from({ length: 60 }, () => nodes.pick()))].sort();
            }
            """);
        Assert.Equal(SeedExample.Hosts.Select(host => seed.BoshUrlOf(host).AbsoluteUri).Order(StringComparer.Ordinal), picked);
    }

    [Fact]
    public async Task A_page_whose_own_node_is_gone_makes_accounts_and_lets_people_in()
    {
        var other = SeedExample.Hosts.Single(host => host != PageHost);
        await using var nurse = await seed.OpenAsync(PageHost);
        await nurse.Page.GotoAsync("");
        await nurse.ExpectViewAsync("welcome");
        seed.NodeOf(PageHost).Kill();
        await nurse.RegisterAsync("nurse", "aqua vitae");
        await nurse.ExpectViewAsync("chat");
        await Expect(nurse.Page.Locator("#node-name")).ToHaveTextAsync(other);
    }

    /// <summary>A session begins, for the domain, at a node that keeps it; returns that node, as the answer names it.</summary>
    private static async Task<string> ExpectCreationAsync(IReadOnlyList<BoshPost> posts)
    {
        var creation = posts[0];
        Assert.True(creation.IsCreation);
        Assert.Equal(SeedExample.Domain, creation.Body.Attribute("to")?.Value);
        Assert.Contains(creation.Node.Host, SeedExample.Hosts);
        var host = (await creation.AnswerAsync()).Attribute("host")?.Value;
        Assert.Equal(creation.Node.Host, host);
        return host!;
    }

    /// <summary>Kills a node and waits until the page is back at the other one; returns what was said in between.</summary>
    private async Task<IReadOnlyList<string>> KillAsync(string owner, string other, LinkLog link, BoshClient romeo)
    {
        await link.StartAsync();
        var back = link.WaitUntilBackAtAsync(other, DetectionLimit + ReturnLimit);
        var killed = DateTimeOffset.UtcNow;
        seed.NodeOf(owner).Kill();
        var meanwhile = SpeakUntilAsync(back, romeo);
        await seed.WaitUntilGoneAsync(owner, other, DetectionLimit);
        var detected = DateTimeOffset.UtcNow;
        var returned = await back;
        var said = await meanwhile;
        output.WriteLine($"""
            Port {seed.Port}. {owner} is killed, and off the list of {other} {(detected - killed).TotalSeconds:0.0} s later.
            The page is back {(returned - detected).TotalSeconds:0.0} s after that; {said.Count} messages meanwhile.
            {await link.ReadAsync()}
            """);
        Assert.True(returned - detected < ReturnLimit, $"The page was back {returned - detected} after its node was off the list.");
        return said;
    }

    private static async Task TalkAsync(Visitor juliet, BoshClient romeo)
    {
        await juliet.AddAsync("romeo");
        await juliet.SayAsync("O Romeo, Romeo!");
        await HearAsync(romeo, "O Romeo, Romeo!");
        await romeo.SendAsync(StanzaXml.Message("juliet@example.com", "Shall I hear more?", "m0"));
        await juliet.ExpectChatAsync("O Romeo, Romeo!", "Shall I hear more?");
    }

    /// <summary>Says something ten times a second, and a last time when the task has ended; returns it all.</summary>
    private static async Task<IReadOnlyList<string>> SpeakUntilAsync(Task end, BoshClient romeo)
    {
        var said = new List<string>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        do await SayAsync();
        while (!end.IsCompleted && await timer.WaitForNextTickAsync());
        await SayAsync();
        return said;

        ValueTask SayAsync()
        {
            said.Add($"Line {said.Count + 1}");
            return romeo.SendAsync(StanzaXml.Message("juliet@example.com", said[^1], $"m{said.Count}"));
        }
    }

    /// <summary>The next message is this one; what else the server tells, presence of the other for example, is passed over.</summary>
    private static async Task HearAsync(BoshClient client, string text)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        XElement stanza;
        do stanza = await client.Stanzas.ReadAsync(patience.Token);
        while (stanza.Name != BoshNames.Client + "message" || (stanza.Attribute("type")?.Value != "error" && stanza.Element(BoshNames.Client + "body") is null));
        Assert.Equal(("chat", text), (stanza.Attribute("type")?.Value, stanza.Element(BoshNames.Client + "body")?.Value));
    }
}
