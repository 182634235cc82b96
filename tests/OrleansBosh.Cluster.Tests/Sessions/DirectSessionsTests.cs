using System.Xml.Linq;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>The short way between two sessions of one node leads where the account's grain would lead, and only while it would.</summary>
public sealed class DirectSessionsTests : IAsyncLifetime
{
    private static readonly BoshLogin Juliet = BoshLogin.Plain("juliet", "secret");

    private BoshTestCluster _cluster = null!;
    private BoshClient _romeo = null!;

    public async Task InitializeAsync()
    {
        _cluster = await BoshTestCluster.StartAsync(1);
        await using (var registration = NewClient()) await registration.RegisterAsync("juliet", "secret");
        _romeo = NewClient();
        await _romeo.LoginAsync(BoshLogin.Anonymous());
    }

    public async Task DisposeAsync()
    {
        await _romeo.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_needs_no_call(bool toFullJid)
    {
        await using var juliet = await LogInAsync();
        await SendAsync(toFullJid ? juliet.Jid! : "juliet@localhost", "first");
        Assert.Equal("first", await NextTextAsync(juliet));
        var calls = UserCalls;
        await SendAsync(toFullJid ? juliet.Jid! : "juliet@localhost", "second");
        Assert.Equal("second", await NextTextAsync(juliet));
        Assert.Equal(calls, UserCalls);
    }

    [Fact]
    public async Task A_query_to_a_client_and_its_answer_need_no_call()
    {
        await using var juliet = await LogInAsync();
        var calls = UserCalls;
        var result = _romeo.IqAsync(StanzaXml.Ping(juliet.Jid));
        var ping = await NextAsync(juliet, "iq");
        await juliet.SendAsync(StanzaXml.Iq("result", to: ping.Attribute("from")!.Value, id: ping.Attribute("id")!.Value));
        Assert.Equal("result", (string?)(await result).Attribute("type"));
        Assert.Equal(calls, UserCalls);
    }

    [Fact]
    [Trait("Rule", "P-RT-02")]
    public async Task With_a_second_resource_both_get_what_is_sent_to_the_account_and_after_that_one_again()
    {
        await using var phone = await LogInAsync();
        await SendAsync("juliet@localhost", "1");
        await using (var desk = await LogInAsync())
        {
            await SendAsync("juliet@localhost", "2");
            Assert.Equal("2", await NextTextAsync(desk));
            await desk.SendAsync(StanzaXml.Presence("unavailable"));
            await desk.IqAsync(StanzaXml.Ping("localhost"));
            await SendAsync("juliet@localhost", "3");
            await SendAsync(desk.Jid!, "4");
            // Connected, but not available: it gets what names it (RFC 6121 §8.5.3.1).
            Assert.Equal("4", await NextTextAsync(desk));
            await desk.TerminateAsync();
        }

        await SendAsync("juliet@localhost", "5");
        foreach (var text in new[] { "1", "2", "3", "5" }) Assert.Equal(text, await NextTextAsync(phone));
    }

    [Theory]
    [InlineData("unavailable", null)]
    [InlineData(null, "-1")]
    [Trait("Rule", "P-RT-05")]
    public async Task Who_goes_away_or_wants_no_messages_has_them_kept(string? type, string? priority)
    {
        await using (var juliet = await LogInAsync())
        {
            await SendAsync("juliet@localhost", "now");
            Assert.Equal("now", await NextTextAsync(juliet));
            var away = StanzaXml.Presence(type);
            if (priority is not null) away.Add(new XElement(away.Name.Namespace + "priority", priority));
            await juliet.SendAsync(away);
            await juliet.IqAsync(StanzaXml.Ping("localhost"));
            await SendAsync("juliet@localhost", "later");
            await juliet.TerminateAsync();
        }

        await SendAsync("juliet@localhost", "latest");
        await using var back = await LogInAsync();
        Assert.Equal("later", await NextTextAsync(back));
        Assert.Equal("latest", await NextTextAsync(back));
        await SendAsync("juliet@localhost", "last");
        Assert.Equal("last", await NextTextAsync(back));
    }

    [Fact]
    [Trait("Rule", "P-RT-02")]
    public async Task What_no_account_takes_is_refused_as_ever()
    {
        await using var juliet = await LogInAsync();
        await _romeo.SendAsync(StanzaXml.Message("juliet@localhost", "to a room", type: "groupchat"));
        Assert.Equal("service-unavailable", StanzaXml.ErrorCondition(await _romeo.Stanzas.ReadAsync()));
    }

    private int UserCalls => _cluster.Nodes[0].Calls[typeof(IUserGrain)];

    private BoshClient NewClient() => new(TwoNodes.ClientOf(_cluster, _cluster.Nodes[0]));

    private async Task<BoshClient> LogInAsync()
    {
        var client = NewClient();
        await client.LoginAsync(Juliet);
        await client.SendAsync(StanzaXml.Presence());
        await client.IqAsync(StanzaXml.Ping("localhost"));
        return client;
    }

    /// <summary>Completes when the domain has handled it.</summary>
    private async Task SendAsync(string to, string text)
    {
        await _romeo.SendAsync(StanzaXml.Message(to, text));
        await _romeo.IqAsync(StanzaXml.Ping("localhost"));
    }

    private static async Task<string> NextTextAsync(BoshClient client) =>
        (await NextAsync(client, "message")).Elements().First(child => child.Name.LocalName == "body").Value;

    private static async Task<XElement> NextAsync(BoshClient client, string kind)
    {
        while (true)
        {
            var stanza = await client.Stanzas.ReadAsync();
            if (stanza.Name.LocalName == kind) return stanza;
        }
    }
}
