using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Scenarios;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>Where sessions and users live saves hops.</summary>
public class LocalityTests
{
    private const int MessagesEachWay = 50;
    private static readonly Type[] OnTheWayOfAMessage = [typeof(IBoshSessionGrain), typeof(IUserGrain), typeof(IClientSessionGrain)];

    [Fact]
    public async Task A_message_between_two_sessions_on_one_node_does_not_leave_it()
    {
        await using var cluster = await BoshTestCluster.StartAsync(2);
        // Accounts that were made elsewhere: only where they are used counts.
        foreach (var user in new[] { "romeo", "juliet" })
        {
            await using var registration = new BoshClient(TwoNodes.ClientOf(cluster, cluster.Nodes[1]));
            await registration.RegisterAsync(user, "secret");
        }

        var before = CallsAt(cluster.Nodes[1]);
        await using var romeo = new BoshClient(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await using var juliet = new BoshClient(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await romeo.LoginAsync(BoshLogin.Scram("romeo", "secret"));
        await juliet.LoginAsync(BoshLogin.Scram("juliet", "secret"));
        var owner = cluster.Nodes[0].Calls;
        var login = owner[typeof(IUserGrain)];
        var exchange = new MessageExchange("localhost", MessagesEachWay, TimeSpan.FromSeconds(30));
        await exchange.RunPairAsync(romeo, juliet);

        Assert.All(exchange.Checks, check => Assert.True(check.IsClean));
        Assert.Equal(before, CallsAt(cluster.Nodes[1]));
        // What calls there are are those of presence.
        Assert.InRange(owner[typeof(IUserGrain)] - login, 0, MessagesEachWay);
        // A session is entered directly by its own node; only its creation is a call.
        Assert.Equal(2, owner[typeof(IBoshSessionGrain)]);
        Assert.Equal(0, owner[typeof(IClientSessionGrain)]);
    }

    private static int[] CallsAt(BoshTestNode node) => [.. OnTheWayOfAMessage.Select(type => node.Calls[type])];
}
