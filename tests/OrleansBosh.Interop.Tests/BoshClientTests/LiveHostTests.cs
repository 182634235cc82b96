using System.Net;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

public sealed class LiveHostTests : LiveClientTestBase
{
    [Fact]
    public async Task A_client_that_follows_host_goes_to_the_named_node_at_once_and_again_later()
    {
        using var a = new RawServer().ServeRequests();
        using var b = new RawServer().ServeRequests();
        var client = NewClient(o => o with
        {
            Nodes = [new Uri("http://a.example:5280/http-bind?x=1")],
            FollowHost = true,
            Connections = new() { Resolve = named => Named(named, ("a.example", a.Address), ("b.example", b.Address)) },
        });

        var login = client.LoginAsync(BoshLogin.Anonymous(), Server.Limit);
        await (await a.NextAsync()).AnswerAsync(
            RawServer.Mechanisms("ANONYMOUS"),
            "sid='s1' wait='60' requests='2' hold='1' host='B.example' xmlns:stream='http://etherx.jabber.org/streams'");
        var auth = await b.NextAsync();
        Assert.StartsWith("POST /http-bind?x=1 HTTP/1.1\r\nHost: b.example:5280\r\n", auth.Head, StringComparison.Ordinal);
        await auth.AnswerAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "host='b.example'");
        await b.AnswerRestartAndBindAsync("host='b.example'");
        await login;

        await (await b.NextAsync()).AnswerAsync(attributes: "host='a.example'");
        Assert.Contains("Host: a.example:5280\r\n", (await a.NextAsync()).Head, StringComparison.Ordinal);
        Assert.Equal(["a.example", "b.example"], client.Metrics.Hosts.Select(h => h.ToLowerInvariant()).Order());
    }

    [Fact]
    public async Task A_client_that_ignores_host_stays()
    {
        var client = NewClient();
        var login = client.LoginAsync(BoshLogin.Anonymous(), Server.Limit);
        await Server.LoginAsync(attributes: "host='elsewhere.invalid'");
        await login;
        await Server.NextAsync();
        Assert.Equal(Server.Url, client.Node);
        Assert.Equal(["elsewhere.invalid"], client.Metrics.Hosts);
    }

    [Fact]
    public async Task A_client_that_spreads_its_requests_sends_them_to_any_node()
    {
        using var a = new RawServer().ServeRequests();
        using var b = new RawServer().ServeRequests();
        RawServer[] servers = [a, b];
        Task<RawRequest>[] next = [a.NextAsync(), b.NextAsync()];
        var counts = new int[servers.Length];
        for (var seed = 0; seed < 20; seed++)
        {
            var open = NewClient(o => o with { Nodes = [a.Url, b.Url], SpreadsRequests = true, Seed = seed }).OpenAsync(Server.Limit);
            var at = Array.IndexOf(next, await Task.WhenAny(next));
            counts[at]++;
            await (await next[at]).AnswerAsync(RawServer.Mechanisms("ANONYMOUS"), "sid='s1' wait='60' requests='2' hold='1' xmlns:stream='http://etherx.jabber.org/streams'");
            next[at] = servers[at].NextAsync();
            await open;
        }

        Assert.DoesNotContain(0, counts);
    }

    [Fact]
    public async Task Another_node_is_tried_when_the_first_does_not_listen()
    {
        using var dead = new RawServer();
        var url = dead.Url;
        dead.Dispose();
        var client = NewClient(o => o with { Nodes = [url, Server.Url] });
        var login = client.LoginAsync(BoshLogin.Anonymous(), Server.Limit);
        await Server.LoginAsync();
        Assert.Equal("g@localhost/r", await login);
    }

    private static IPEndPoint Named(DnsEndPoint named, params (string Host, IPEndPoint Address)[] known) =>
        known.Single(k => k.Host.Equals(named.Host, StringComparison.OrdinalIgnoreCase)).Address;
}
