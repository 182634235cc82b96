using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>How the client reached a node travels with a forwarded request, and the owner decides by it.</summary>
public class PinnedSessionTests
{
    [Fact]
    [Trait("Rule", "B-SEC-02")]
    public async Task An_encrypted_session_takes_no_request_without_encryption_over_another_node_either_and_lives_on()
    {
        // The client is a proxy as well, so that it can say how it came.
        await using var cluster = await BoshTestCluster.StartAsync(2, options => options.TrustedProxies = "127.0.0.0/8");
        var plain = TwoNodes.ClientOf(cluster, cluster.Nodes[0]);
        await using var session = new ScriptedSession(plain with { Headers = [("X-Forwarded-Proto", "https")] });
        await session.LoginAsync(BoshLogin.Anonymous());
        await using var intruder = new ScriptedSession(plain with { FirstRid = session.FirstRid }) { Sid = session.Sid };
        var ping = session.Next([], StanzaXml.Text(StanzaXml.Ping("localhost", "p")));

        session.Node = intruder.Node = cluster.Nodes[1].Url;
        await Assert.ThrowsAnyAsync<IOException>(() => intruder.AskAsync(ping));

        var answer = await session.AskAsync(ping);
        Assert.Equal("result", Assert.Single(answer.Payload).Attribute("type")!.Value);
        Assert.Equal(cluster.Nodes[0].PublicHost, answer.Host);
    }
}
