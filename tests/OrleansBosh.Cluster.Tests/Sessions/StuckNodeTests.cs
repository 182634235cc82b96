using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>A call that times out on its way to a session, as one does whose directory entry is on a node that hangs.</summary>
public class StuckNodeTests
{
    [Theory]
    [InlineData(nameof(IBoshSessionGrain.Create))]
    [InlineData(nameof(IBoshSessionGrain.Receive))]
    public async Task A_call_that_times_out_is_made_again_and_the_session_lives(string method)
    {
        var lost = new FirstCallTimesOut(method);
        await using var cluster = await BoshTestCluster.StartAsync(1, filter: lost);
        await using var session = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await session.LoginAsync(BoshLogin.Anonymous());
        Assert.True(lost.HasFailed);
        Assert.Equal(1, cluster.Nodes[0].SessionCount);
    }

    private sealed class FirstCallTimesOut(string method) : IOutgoingGrainCallFilter
    {
        private int _calls;

        public bool HasFailed => Volatile.Read(ref _calls) > 0;

        public Task Invoke(IOutgoingGrainCallContext context) =>
            context.InterfaceMethod.DeclaringType == typeof(IBoshSessionGrain) && context.MethodName == method && Interlocked.Increment(ref _calls) == 1
                ? throw new TimeoutException("No answer came in time.")
                : context.Invoke();
    }
}
