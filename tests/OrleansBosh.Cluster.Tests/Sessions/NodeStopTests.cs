using Microsoft.Extensions.Logging.Abstractions;
using OrleansBosh.Cluster.Nodes;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>The order in which a node stops.</summary>
public class NodeStopTests
{
    [Fact]
    [Trait("Rule", "B-COND-12")]
    public async Task A_node_leaves_the_lists_before_it_ends_its_sessions()
    {
        await using var cluster = await BoshTestCluster.StartAsync(1);
        await using var session = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await session.LoginAsync(BoshLogin.Anonymous());
        var list = new SlowList();

        var stopping = new SessionShutdown(list, cluster.Nodes[0].LocalSessions, NullLogger<SessionShutdown>.Instance).StoppingAsync(default);
        var answer = await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Ping("localhost", "p1"))));
        Assert.Equal("result", Assert.Single(answer.Payload).Attribute("type")!.Value);
        var poll = await session.SendAsync(session.Next());
        await Eventually.IsTrueAsync(() => cluster.Nodes[0].LocalSessions.HeldRequests == 1, "the poll is held");
        list.Left.SetResult();
        await stopping;

        Assert.Equal("system-shutdown", (await poll).Condition);
    }

    /// <summary>Others learn of it only when the test says so.</summary>
    private sealed class SlowList : INodeDirectory
    {
        public TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsServing => !Left.Task.IsCompleted;

        public IReadOnlyList<Uri> Serving => [];

        public Task LeaveAsync() => Left.Task;
    }
}
