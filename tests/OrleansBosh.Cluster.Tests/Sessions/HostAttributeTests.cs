using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>The attribute <c>host</c> under other options than the cluster's usual ones.</summary>
public class HostAttributeTests
{
    [Fact]
    public async Task Switched_off_no_body_carries_host_and_everything_still_works()
    {
        await using var cluster = await BoshTestCluster.StartAsync(1, options => options.SendNodeHostname = false);
        await using var session = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await session.LoginAsync(BoshLogin.Anonymous());
        var answer = await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Ping("localhost", "p1"))));
        var end = await session.AskAsync(session.Next([("type", "terminate")]));
        Assert.Equal("result", Assert.Single(answer.Payload).Attribute("type")!.Value);
        Assert.All([session.Creation!, answer, end], body => Assert.Null(body.Host));
    }

    [Fact]
    public async Task Without_a_public_url_host_is_the_host_of_the_creation_request()
    {
        await using var cluster = await BoshTestCluster.StartAsync(1, options => options.PublicUrl = null);
        await using var session = new ScriptedSession(TwoNodes.ClientOf(cluster, cluster.Nodes[0]));
        await session.OpenAsync();
        Assert.Equal("127.0.0.1", session.Creation!.Host);
    }
}
