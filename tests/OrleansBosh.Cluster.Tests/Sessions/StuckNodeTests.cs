using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>A call that gets lost on its way to a session, as one does whose directory entry is on a node that hangs or has died.</summary>
public class StuckNodeTests
{
    /// <summary>The second one is not the client's: it is still there.</summary>
    public static readonly TheoryData<string> Failures = [nameof(TimeoutException), nameof(OperationCanceledException)];

    [Theory, MemberData(nameof(Failures))]
    public async Task A_creation_that_gets_lost_is_made_again_and_one_session_lives(string failure)
    {
        var lost = new FirstCallFails(nameof(IBoshSessionGrain.Create), failure);
        await using var cluster = await BoshTestCluster.StartAsync(1, filter: lost);
        await using var session = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await session.LoginAsync(BoshLogin.Anonymous());
        Assert.True(lost.HasFailed);
        Assert.Equal(1, cluster.Nodes[0].SessionCount);
    }

    [Theory, MemberData(nameof(Failures))]
    public async Task A_request_that_gets_lost_on_its_way_to_the_owner_is_sent_again(string failure)
    {
        var lost = new FirstCallFails(nameof(IBoshSessionGrain.Receive), failure);
        await using var cluster = await BoshTestCluster.StartAsync(2, filter: lost);
        await using var session = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await session.LoginAsync(BoshLogin.Anonymous());
        Assert.False(lost.HasFailed);
        session.Node = cluster.Nodes[1].Url;
        var answer = await session.AskAsync(session.Next(payload: "<iq xmlns='jabber:client' type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"));
        Assert.True(lost.HasFailed);
        Assert.Contains(answer.Payload, stanza => (string?)stanza.Attribute("id") == "p");
    }

    private sealed class FirstCallFails(string method, string failure) : IOutgoingGrainCallFilter
    {
        private int _calls;

        public bool HasFailed => Volatile.Read(ref _calls) > 0;

        public Task Invoke(IOutgoingGrainCallContext context) =>
            context.InterfaceMethod.DeclaringType == typeof(IBoshSessionGrain) && context.MethodName == method && Interlocked.Increment(ref _calls) == 1
                ? throw (failure == nameof(TimeoutException) ? new TimeoutException() : new OperationCanceledException())
                : context.Invoke();
    }
}
