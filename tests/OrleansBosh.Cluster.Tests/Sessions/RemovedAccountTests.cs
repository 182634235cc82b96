using System.Text;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

[Collection(nameof(TwoNodes))]
public class RemovedAccountTests(TwoNodes nodes)
{
    private static readonly XNamespace Register = "jabber:iq:register";

    [Fact]
    public async Task Who_has_logged_in_before_the_account_was_removed_cannot_bind_it_afterwards()
    {
        await using (var registration = new BoshClient(nodes.Client(nodes.A))) await registration.RegisterAsync("mercutio", "secret");
        await using var early = new ScriptedSession(nodes.Client(nodes.A));
        await early.OpenAsync();
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes("\0mercutio\0secret"));
        var success = await early.ExchangeAsync([], [$"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{credentials}</auth>"]);
        Assert.Equal("success", Assert.Single(success.Payload).Name.LocalName);
        await early.ExchangeAsync([("xmpp:restart", "true")], []);

        await using var other = new BoshClient(nodes.Client(nodes.B));
        await other.LoginAsync(BoshLogin.Plain("mercutio", "secret"));
        var removal = new XElement(Register + "query", new XElement(Register + "remove"));
        Assert.Equal("result", (await other.IqAsync(StanzaXml.Iq("set", removal))).Attribute("type")!.Value);

        var refused = await early.ExchangeAsync([], ["<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"]);
        Assert.Equal("remote-stream-error", refused.Condition);
    }
}
