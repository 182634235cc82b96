using System.Text.Json;
using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.Clients;

/// <summary>
/// libpurple 2 when connections break. It never repeats a request: after a broken connection it opens another one and goes on with the next
/// rid (<c>http_connection_disconnected</c> in its <c>bosh.c</c>; nothing there keeps what has been sent). So a request that has not arrived
/// is lost with what it carried, and so is an answer that was on its way; neither can be helped from here. What can be: that nothing
/// arrives twice or behind a hole, and that what libpurple did not ask for any more waits for its next session.
/// </summary>
/// <remarks>
/// No cut in the middle of an answer: libpurple 2 takes that request for open from then on, and after two of them sends nothing more.
/// </remarks>
public sealed class PurpleCutTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Messages = 200;
    private const string Mechanism = "SCRAM-SHA-1";
    private const string End = "the end";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    /// <summary>Such a burst takes libpurple some requests: it has one for each second.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(40);

    private NodeProcess? _node;

    private NodeProcess Node => _node!;

    /// <summary>After a request that never arrived a session lives for both together.</summary>
    public async Task InitializeAsync() =>
        _node = await NodeProcess.StartAsync(new() { Settings = new Dictionary<string, string> { ["MaxWait"] = "00:00:05", ["Inactivity"] = "00:00:10" } });

    public async Task DisposeAsync()
    {
        if (_node is not null) await _node.DisposeAsync();
    }

    [Fact]
    [Trait("Rule", "B-RID-09")]
    [Trait("Rule", "B-INACT-04")]
    public async Task Behind_a_request_that_never_arrived_nothing_passes_and_what_waits_for_the_client_is_there_at_its_next_login()
    {
        await using var romeo = await JoinAsync();
        var seed = Random.Shared.Next();
        await using var proxy = new CuttingProxy(Node.BoshUrl, seed, share: 0.3, Cut.BeforeTheServer) { IsCutting = false };
        var first = RunAsync(proxy.Url, romeo, "burst", $"Seed {seed}");
        var heard = new List<string> { await HearAsync(romeo) };
        proxy.IsCutting = true;
        using var timer = new PeriodicTimer(Pace);
        for (var i = 0; i < Messages; i++)
        {
            await timer.WaitForNextTickAsync();
            await romeo.SendAsync(StanzaXml.Message("juliet@localhost", $"{i} from romeo"));
        }

        await romeo.SendAsync(StanzaXml.Message("juliet@localhost", End));
        var (received, error) = await first;
        Assert.NotEqual("", error);
        Assert.True(proxy.Cuts > 0, $"Seed {seed}: no connection was cut.");
        heard.AddRange(await HearRestAsync(romeo));
        output.WriteLine($"Romeo heard {heard.Count} messages, and Juliet {received.Length} before her session ended.");
        Assert.Equal(TextsOf("juliet@localhost").Take(heard.Count), heard);

        var (stored, _) = await RunAsync(Node.BoshUrl, romeo, "listen", $"Seed {seed}");
        Assert.Equal(TextsOf("romeo").Take(received.Length), received);
        Assert.Equal(TextsOf("romeo").Append(End), received.Concat(stored));
    }

    [Fact]
    [Trait("Rule", "B-INACT-03")]
    [Trait("Rule", "B-HOLD-08")]
    public async Task Nothing_is_lost_doubled_or_disordered_when_connections_of_held_requests_break_at_random()
    {
        await using var romeo = await JoinAsync();
        var seed = Random.Shared.Next();
        await using var proxy = new CuttingProxy(Node.BoshUrl, seed, share: 0.7, Cut.WhileItIsHeld) { IsCutting = false };
        var talk = RunAsync(proxy.Url, romeo, "burst", $"Seed {seed}");
        var heard = new List<string> { await HearAsync(romeo) };
        proxy.IsCutting = true;
        while (heard.Count < Messages) heard.Add(await HearAsync(romeo));
        proxy.IsCutting = false;
        Assert.Equal(TextsOf("juliet@localhost"), heard);

        foreach (var text in TextsOf("romeo")) await romeo.SendAsync(StanzaXml.Message("juliet@localhost", text));
        await romeo.SendAsync(StanzaXml.Message("juliet@localhost", End));
        var (received, error) = await talk;
        Assert.Equal("", error);
        Assert.Equal([.. TextsOf("romeo"), End], received);
        output.WriteLine($"{proxy.Cuts} held requests were cut.");
        Assert.True(proxy.Cuts > 0, $"Seed {seed}: no connection was cut.");
    }

    private static IEnumerable<string> TextsOf(string who) => Enumerable.Range(0, Messages).Select(i => $"{i} from {who}");

    /// <summary>Romeo's client repeats what is lost; his connections do not break anyway.</summary>
    private async Task<BoshClient> JoinAsync()
    {
        await using (var juliet = new BoshClient(new BoshClientOptions { Nodes = [Node.BoshUrl], Domain = "localhost" }))
            await juliet.RegisterAsync("juliet", ClientNode.Password);
        var romeo = new BoshClient(new BoshClientOptions { Nodes = [Node.BoshUrl], Domain = "localhost" });
        await romeo.LoginAsync(BoshLogin.Anonymous());
        await romeo.SendAsync(StanzaXml.Presence());
        await romeo.SendAsync(StanzaXml.Message("juliet@localhost", "begin"));
        return romeo;
    }

    /// <returns>What libpurple received, and why it was disconnected if it was.</returns>
    private async Task<(string[] Received, string Error)> RunAsync(Uri url, BoshClient romeo, string task, string context)
    {
        var program = await NativeProgram.CompileAsync("purple.c", "purple", "gcc", "-rdynamic");
        var bare = romeo.Jid!.Split('/')[0].Split('@')[0];
        var result = await ClientProgram.RunAsync(
            Node, context, program, Path.Combine(Node.DataFolder, task), url.ToString(), "localhost", ClientNode.Password, Mechanism, task, "juliet", bare);
        return (result.GetProperty("received").Deserialize<string[]>()!, result.GetProperty("error").GetString()!);
    }

    private static async Task<string> HearAsync(BoshClient client)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var stanza = await client.Stanzas.ReadAsync(limit.Token);
            if (stanza.Element(BoshNames.Client + "body") is { } body) return body.Value;
        }
    }

    /// <summary>What has arrived by now. Stanzas are handled in order, so what comes before one's own message has been sent before it.</summary>
    private static async Task<List<string>> HearRestAsync(BoshClient client)
    {
        await client.SendAsync(StanzaXml.Message(client.Jid!, End));
        var texts = new List<string>();
        while (await HearAsync(client) is var text && text != End) texts.Add(text);
        return texts;
    }
}
