using System.Diagnostics;
using System.Runtime.Versioning;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>PostgreSQL goes away under load, or hangs, a node dies meanwhile, and it comes back.</summary>
[SupportedOSPlatform("linux")]
public sealed class DatabaseOutageTests(ThreeNodes nodes, ITestOutputHelper output) : ClusterTest(nodes, output)
{
    private const int Victim = 3;
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(IsFull ? 40 : 12);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly XNamespace Register = "jabber:iq:register";

    [Fact]
    public async Task Without_PostgreSQL_chats_go_on_what_cannot_be_stored_is_refused_and_all_heals_when_it_is_back()
    {
        var writes = await StartWritesAsync("writer", "reader");
        var chat = new PairRounds();
        var pairs = await LoginPairsAsync(IsFull ? 40 : 10, 1, 2);
        var chatting = chat.RunAsync(pairs, pause: Pause);
        var orphan = NewSession(Victim);
        await orphan.OpenAsync(cancellation: Limit);
        // Now, as nobody promises that a new session finds its way past a dead node that cannot be declared dead.
        var newcomer = NewSession(2);
        await newcomer.OpenAsync(cancellation: Limit);
        await writes.AcceptedAsync(Limit);

        var database = Nodes.Cluster.Database!;
        await database.StopAsync();
        try
        {
            var before = chat.Deliveries.Count;
            var outage = Task.Delay(Outage, Limit);
            Nodes[Victim].Kill();
            await writes.RefusedAsync(Limit);
            await AssertRegistrationIsRefusedAsync(newcomer);
            await outage;
            Assert.InRange(chat.Deliveries.Count, before + (2 * pairs.Length), long.MaxValue);
            Report($"{chat.Deliveries.Count - before} messages during {Seconds(Outage)} without PostgreSQL, longest {Seconds(chat.Deliveries.Max)}");
        }
        finally
        {
            await database.StartAsync();
        }

        await AssertHealsAsync(orphan, writes);
        chat.Stop();
        await chatting.WaitAsync(Limit);
        Report($"{chat.Deliveries.Count} messages in all, p99 {Seconds(chat.Deliveries.Percentile(0.99))}, longest {Seconds(chat.Deliveries.Max)}");
        // None has waited for the database.
        Assert.InRange(chat.Deliveries.Max, TimeSpan.Zero, Outage / 2);
        Report(await writes.AssertNothingAcceptedIsLostAsync(() => LoginAsync(Client(2), BoshLogin.Plain("reader", StoredWrites.Password)), Limit));
    }

    [Fact]
    public async Task While_PostgreSQL_hangs_chats_go_on_even_with_one_whose_writes_are_refused_and_all_heals_when_it_goes_on()
    {
        var writes = await StartWritesAsync("scribe", "absentee");
        // A second client of the account whose grain has to store, at another node.
        var chat = new PairRounds();
        var scribe = await LoginAsync(Client(2), BoshLogin.Plain("scribe", StoredWrites.Password));
        var chatting = chat.RunAsync([(scribe, await LoginAsync(Client(3)))], pause: Pause);
        await writes.AcceptedAsync(Limit);

        var database = Nodes.Cluster.Database!;
        database.Freeze();
        long before;
        try
        {
            await writes.RefusedAsync(Limit);
            before = chat.Deliveries.Count;
            await Task.Delay(Outage, Limit);
        }
        finally
        {
            database.Thaw();
        }

        Report($"{chat.Deliveries.Count - before} messages during {Seconds(Outage)} of a frozen PostgreSQL after the first refusal");
        // Where each write waits for its limit, and messages behind it, there are two or three.
        Assert.InRange(chat.Deliveries.Count, before + 20, long.MaxValue);
        var back = Stopwatch.GetTimestamp();
        await writes.AcceptedAsync(Limit);
        Report($"writes are taken {Seconds(Stopwatch.GetElapsedTime(back))} after PostgreSQL goes on");
        chat.Stop();
        await chatting.WaitAsync(Limit);
        Report($"longest {Seconds(chat.Deliveries.Max)}");
        // One of them may have met the write that waited in vain.
        Assert.InRange(chat.Deliveries.Max, TimeSpan.Zero, Generous);
        Report(await writes.AssertNothingAcceptedIsLostAsync(() => LoginAsync(Client(2), BoshLogin.Plain("absentee", StoredWrites.Password)), Limit));
    }

    private async Task<StoredWrites> StartWritesAsync(string writer, string reader)
    {
        foreach (var user in new[] { writer, reader })
        {
            await using var registration = new BoshClient(Client(1));
            await registration.RegisterAsync(user, StoredWrites.Password, Limit);
        }

        return new(await LoginAsync(Client(1), BoshLogin.Plain(writer, StoredWrites.Password)), reader);
    }

    private async Task AssertRegistrationIsRefusedAsync(ScriptedSession newcomer)
    {
        var query = new XElement(Register + "query", new XElement(Register + "username", "newcomer"), new XElement(Register + "password", "secret"));
        var answer = await newcomer.AskAsync(newcomer.Next([], StanzaXml.Text(StanzaXml.Iq("set", query, id: "r1"))), cancellation: Limit);
        var error = Assert.Single(answer.Payload, stanza => stanza.Name == BoshNames.Client + "iq").Element(BoshNames.Client + "error");
        Assert.Equal("wait", error?.Attribute("type")?.Value);
    }

    /// <summary>Writes are taken again, the dead node is declared dead, and a new one takes its place.</summary>
    private async Task AssertHealsAsync(ScriptedSession orphan, StoredWrites writes)
    {
        var back = Stopwatch.GetTimestamp();
        await writes.AcceptedAsync(Limit);
        Report($"writes are taken {Seconds(Stopwatch.GetElapsedTime(back))} after PostgreSQL is back");
        orphan.Node = Nodes[1].BoshUrl;
        BoshAnswer answer;
        // The front end gives up after a while, which is no answer about the session.
        do answer = await orphan.AskAsync(orphan.Next(), cancellation: Limit);
        while (answer.Condition == "remote-connection-failed" && Stopwatch.GetElapsedTime(back) < TimeSpan.FromMinutes(1));
        Assert.Equal("item-not-found", answer.Condition);
        Report($"the dead node is known to be dead {Seconds(Stopwatch.GetElapsedTime(back))} after PostgreSQL is back");
        await Nodes.RepairAsync();
        foreach (var number in Enumerable.Range(1, ThreeNodes.Count)) await ListedAsync(number, Nodes.Urls.Select(url => url.Host));
        Report($"three nodes serve {Seconds(Stopwatch.GetElapsedTime(back))} after PostgreSQL is back");
    }
}
