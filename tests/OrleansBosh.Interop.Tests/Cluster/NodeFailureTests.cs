using System.Diagnostics;
using System.Runtime.Versioning;
using System.Xml.Linq;
using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>A node dies, freezes or leaves: the others notice, its sessions are over, and theirs go on.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class NodeFailureTests(ThreeNodes nodes, ITestOutputHelper output) : ClusterTest(nodes, output)
{
    private const int Victim = 3;
    private static readonly int[] Survivors = [1, 2];
    private static readonly string[] SurvivingHosts = ["127.0.0.1", "127.0.0.2"];

    [Fact]
    public async Task A_killed_node_is_noticed_by_its_clients_at_other_nodes_and_by_the_list()
    {
        var (answered, delisted) = await WatchAsync(node => node.Kill());
        Report($"kill -9: its sids answered after {Seconds(answered)} (design: 2 s), off the list after {Seconds(delisted)}");
        Assert.InRange(answered, TimeSpan.Zero, Generous);
        Assert.InRange(delisted, TimeSpan.Zero, Generous);
    }

    [Fact]
    public async Task A_frozen_node_is_noticed_and_ends_itself_when_it_wakes_up()
    {
        var victim = Nodes[Victim];
        try
        {
            var (answered, delisted) = await WatchAsync(node => node.Freeze());
            Report($"SIGSTOP: its sids answered after {Seconds(answered)} (design: 4 s), off the list after {Seconds(delisted)}");
            Assert.InRange(answered, TimeSpan.Zero, Generous);
            Assert.InRange(delisted, TimeSpan.Zero, Generous);

            victim.Thaw();
            var woken = Stopwatch.GetTimestamp();
            // 128 + SIGABRT: a supervisor takes it for a failure and starts it again.
            Assert.Equal(134, await victim.WaitForExitAsync(TimeSpan.FromMinutes(1)));
            Report($"SIGCONT: it ended after {Seconds(Stopwatch.GetElapsedTime(woken))}");
        }
        finally
        {
            victim.Kill();
            await victim.WaitForExitAsync();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_a_node_goes_the_sessions_of_the_others_go_on_at_their_old_owners(bool inOrder)
    {
        var perNode = IsFull ? 1000 : 150;
        var sessions = Enumerable.Range(1, ThreeNodes.Count).ToDictionary(
            number => number, number => Enumerable.Range(0, perNode).Select(_ => NewSession(number)).ToArray());
        await ForEachAsync(sessions.Values.SelectMany(all => all), session => session.LoginAsync(BoshLogin.Anonymous(), Limit));
        // The victim's are held through the other nodes, which have to find out what becomes of them.
        var polls = await PollElsewhereAsync(sessions[Victim]);
        // Nothing tells a client that its poll is held. Many exchanges later it has arrived.
        await AssertGoOnAsync();

        var victim = Nodes[Victim];
        var gone = Stopwatch.GetTimestamp();
        if (inOrder) victim.Terminate();
        else victim.Kill();

        await AssertGoOnAsync();
        Report($"{2 * perNode} sessions of the others went on within {Seconds(Stopwatch.GetElapsedTime(gone))}");
        var answers = await Task.WhenAll(polls.Select(poll => poll.Answer)).WaitAsync(Limit);
        Report($"{string.Join(", ", answers.CountBy(answer => answer.Condition ?? "nothing said").Select(count => $"{count.Value} x {count.Key}"))} within {Seconds(Stopwatch.GetElapsedTime(gone))}");
        if (inOrder)
        {
            Assert.Contains(answers, answer => answer.Condition == "system-shutdown");
            // A poll that was still on its way finds the session gone.
            Assert.All(answers, answer => Assert.Contains(answer.Condition, new[] { "system-shutdown", "item-not-found" }));
            Assert.Equal(0, await victim.WaitForExitAsync(TimeSpan.FromMinutes(1)));
        }
        else
        {
            Assert.All(answers, answer => Assert.Equal("item-not-found", answer.Condition));
        }

        Task AssertGoOnAsync() =>
            ForEachAsync(Survivors, async number => await ForEachAsync(sessions[number], session => AssertGoesOnAsync(session, number)));
    }

    [Fact]
    [Trait("Rule", "B-COND-06")]
    public async Task All_clients_of_a_killed_node_that_repeat_their_sids_are_told_that_it_is_gone()
    {
        var sessions = Enumerable.Range(0, IsFull ? 2000 : 300).Select(_ => NewSession(Victim)).ToArray();
        await ForEachAsync(sessions, session => session.OpenAsync(cancellation: Limit));

        Nodes[Victim].Kill();
        var killed = Stopwatch.GetTimestamp();
        var polls = await PollElsewhereAsync(sessions);
        var answers = await Task.WhenAll(polls.Select(poll => poll.Answer)).WaitAsync(Limit);
        Report($"{sessions.Length} clients answered within {Seconds(Stopwatch.GetElapsedTime(killed))}");
        Assert.All(answers, answer => Assert.Equal("item-not-found", answer.Condition));

        // Nothing is left that a repeat would find, and the nodes have time for others.
        await ForEachAsync(sessions, async session => Assert.Equal("item-not-found", (await session.AskAsync(session.Next(), cancellation: Limit)).Condition));
        var guest = await LoginAsync(Client(Survivors[0]));
        Assert.Equal("result", (await guest.IqAsync(StanzaXml.Ping(Domain), Limit)).Attribute("type")?.Value);
    }

    [Fact]
    public async Task When_the_node_of_one_device_and_of_the_users_grain_is_killed_the_next_message_reaches_the_other_device_live()
    {
        var login = BoshLogin.Scram("mercutio", "secret");
        await using (var registration = new BoshClient(Client(1))) await registration.RegisterAsync(login.User!, "secret", Limit);
        // The user's grain lives with the first session.
        var desk = await LoginAsync(Client(Victim), login);
        await desk.IqAsync(StanzaXml.Ping(Domain), Limit);
        var phone = await LoginAsync(Client(Survivors[0]), login);
        await phone.IqAsync(StanzaXml.Ping(Domain), Limit);
        var romeo = await LoginAsync(Client(Survivors[1]));

        Nodes[Victim].Kill();
        var killed = Stopwatch.GetTimestamp();
        await romeo.SendAsync(StanzaXml.Message($"{login.User}@{Domain}", "Are you hurt?"), Limit);
        XElement message;
        do message = await phone.Stanzas.ReadAsync(Limit);
        while (message.Name != BoshNames.Client + "message");
        Report($"the message arrived {Seconds(Stopwatch.GetElapsedTime(killed))} after the death of the grain's node");
        Assert.Equal("Are you hurt?", message.Element(BoshNames.Client + "body")?.Value);
        Assert.DoesNotContain(message.Elements(), child => child.Name.LocalName == "delay");
        // The death is noticed, and then a new grain waits three seconds for the sessions of the old one.
        Assert.InRange(Stopwatch.GetElapsedTime(killed), TimeSpan.Zero, 2 * Generous);
    }

    [Fact]
    public async Task All_nodes_killed_at_once_serve_again_with_what_was_stored()
    {
        await using (var registration = new BoshClient(Client(1))) await registration.RegisterAsync("phoenix", "secret", Limit);
        var all = Enumerable.Range(1, ThreeNodes.Count).Select(number => Nodes[number]).ToArray();
        foreach (var node in all) node.Kill();
        var killed = Stopwatch.GetTimestamp();
        await Task.WhenAll(all.Select(node => node.WaitForExitAsync(cancellationToken: Limit)));
        await Nodes.RepairAsync();
        for (var number = 1; number <= ThreeNodes.Count; number++) await ListedAsync(number, Nodes.Urls.Select(url => url.Host));
        var healed = Stopwatch.GetElapsedTime(killed);
        Report($"all three served again {Seconds(healed)} after their death (design: 30 s)");
        Assert.InRange(healed, TimeSpan.Zero, TimeSpan.FromSeconds(IsFull ? 30 : 90));
        await LoginAsync(Client(2), BoshLogin.Scram("phoenix", "secret"));
    }

    /// <summary>How long after <paramref name="end"/> requests with its sids are answered, and both other nodes list it no more.</summary>
    private async Task<(TimeSpan Answered, TimeSpan Delisted)> WatchAsync(Action<NodeProcess> end)
    {
        var sessions = Enumerable.Range(0, 6).Select(_ => NewSession(Victim)).ToArray();
        foreach (var session in sessions) await session.OpenAsync(cancellation: Limit);
        var held = await PollElsewhereAsync(sessions[..2]);
        end(Nodes[Victim]);
        var started = Stopwatch.GetTimestamp();
        var delisted = Task.WhenAll(Survivors.Select(number => ListedAsync(number, SurvivingHosts)));
        var asked = await PollElsewhereAsync(sessions[2..]);
        var answers = await Task.WhenAll(held.Concat(asked).Select(poll => poll.Answer)).WaitAsync(Limit);
        var answered = Stopwatch.GetElapsedTime(started);
        Assert.All(answers, answer => Assert.Equal("item-not-found", answer.Condition));
        return (answered, (await delisted).Max());
    }

    /// <summary>The next request of each, sent to one of the surviving nodes.</summary>
    private async Task<SentRequest[]> PollElsewhereAsync(ScriptedSession[] sessions)
    {
        var polls = new SentRequest[sessions.Length];
        await ForEachAsync(sessions.Index(), async numbered =>
        {
            numbered.Item.Node = Nodes[Survivors[numbered.Index % Survivors.Length]].BoshUrl;
            polls[numbered.Index] = await numbered.Item.SendAsync(numbered.Item.Next(), cancellation: Limit);
        });
        return polls;
    }

    /// <summary>Its next rid, at the other node that is left, is answered by the owner that it had.</summary>
    private async Task AssertGoesOnAsync(ScriptedSession session, int owner)
    {
        session.Node = Nodes[Survivors.Single(number => number != owner)].BoshUrl;
        var answer = await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Ping(Domain, "p1"))), cancellation: Limit);
        Assert.Equal(Nodes[owner].Url.Host, answer.Host);
        Assert.Equal("result", Assert.Single(answer.Payload).Attribute("type")?.Value);
    }
}
