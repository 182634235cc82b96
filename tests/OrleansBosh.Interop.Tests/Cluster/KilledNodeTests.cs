using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>A node dies behind HAProxy, while it forwards requests of sessions that live elsewhere.</summary>
public sealed class KilledNodeTests(ThreeNodes nodes, ITestOutputHelper output) : ClusterTest(nodes, output)
{
    private const int Sessions = 15;
    private const int Rounds = 30;

    [Fact]
    public async Task Sessions_of_the_other_nodes_go_on_without_an_error()
    {
        await using var proxy = await SampleProxy.StartAsync("haproxy", Nodes.Cluster);
        var everybody = Enumerable.Range(0, Sessions).Select(_ => new BoshClient(Client(proxy))).ToArray();
        await Task.WhenAll(everybody.Select(person => person.LoginAsync(BoshLogin.Anonymous())));
        var victim = Nodes[3];
        var groups = everybody.ToLookup(person => person.Creation!.Host == victim.Url.Host);
        var (lost, people) = (groups[true].ToArray(), groups[false].ToArray());
        Assert.NotEmpty(lost);
        Assert.Equal(2, people.Select(person => person.Creation!.Host).Distinct().Count());

        for (var round = 0; round < Rounds; round++)
        {
            // Two of three polls do not wait at their owner's node, so some of them wait at this one.
            if (round == Rounds / 3) victim.Kill();
            await ClusterChat.RoundAsync(people, $"round {round}");
        }

        foreach (var person in people)
        {
            Assert.Equal(0, person.Metrics.Repeats);
            await person.DisposeAsync();
        }

        foreach (var person in lost) await person.DisposeAsync();
    }
}
