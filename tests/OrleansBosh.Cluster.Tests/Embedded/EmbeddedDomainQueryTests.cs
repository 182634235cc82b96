using System.Xml.Linq;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>Catalogue 3.2: every get and set gets exactly one answer.</summary>
[Collection(EmbeddedDomainCollection.Name)]
public class EmbeddedDomainQueryTests(EmbeddedDomainCluster domain)
{
    [Fact]
    public async Task The_domain_says_what_it_is_and_that_it_has_no_items()
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        var info = await client.AskAsync($"<iq type='get' id='1' to='example.org'><query xmlns='{Ns.DiscoInfo}'/></iq>");
        var identity = info.ToXElement().Descendants(XName.Get("identity", Ns.DiscoInfo)).Single();
        Assert.Equal(("server", "im"), ((string?)identity.Attribute("category"), (string?)identity.Attribute("type")));
        var features = info.ToXElement().Descendants(XName.Get("feature", Ns.DiscoInfo)).Select(e => (string)e.Attribute("var")!).ToArray();
        Assert.Contains(Ns.Ping, features);
        Assert.DoesNotContain("urn:xmpp:carbons:2", features);
        Assert.Equal(("example.org", client.Jid), (info.From, info.To));

        var items = await client.AskAsync($"<iq type='get' id='2' to='example.org'><query xmlns='{Ns.DiscoItems}'/></iq>");
        Assert.Equal("result", items.Type);
        Assert.Empty(items.ToXElement().Elements().Single().Elements());
    }

    [Theory, Trait("Rule", "P-RT-02")]
    [InlineData("to='example.org' type='get'", "<ping xmlns='urn:xmpp:ping'/>", "result")]
    [InlineData("to='example.org' type='get'", "<query xmlns='jabber:iq:version'/>", "result")]
    [InlineData("to='example.org' type='get'", "<time xmlns='urn:xmpp:time'/>", "result")]
    [InlineData("to='example.org' type='set'", "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>", "result")]
    [InlineData("to='example.org' type='get'", "<query xmlns='jabber:iq:auth'/>", "service-unavailable")]
    [InlineData("to='example.org' type='get'", "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>", "item-not-found")]
    [InlineData("to='example.org/x' type='get'", "<ping xmlns='urn:xmpp:ping'/>", "service-unavailable")]
    [InlineData("type='get'", "<ping xmlns='urn:xmpp:ping'/>", "result")]
    [InlineData("type='get'", "<query xmlns='http://jabber.org/protocol/disco#info'/>", "result")]
    [InlineData("type='get'", "<vCard xmlns='vcard-temp'/>", "item-not-found")]
    [InlineData("type='set'", "<vCard xmlns='vcard-temp'/>", "service-unavailable")]
    [InlineData("type='get'", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'/></pubsub>", "item-not-found")]
    [InlineData("type='set'", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='n'/></pubsub>", "service-unavailable")]
    [InlineData("type='set'", "<enable xmlns='urn:xmpp:carbons:2'/>", "service-unavailable")]
    [InlineData("to='nobody@example.org' type='get'", "<vCard xmlns='vcard-temp'/>", "item-not-found")]
    [InlineData("to='nobody@example.org' type='get'", "<query xmlns='http://jabber.org/protocol/disco#info'/>", "service-unavailable")]
    [InlineData("to='nobody@example.org' type='get'", "<query xmlns='jabber:iq:roster'/>", "forbidden")]
    [InlineData("to='nobody@example.org/x' type='get'", "<ping xmlns='urn:xmpp:ping'/>", "service-unavailable")]
    [InlineData("to='user@elsewhere.example' type='get'", "<ping xmlns='urn:xmpp:ping'/>", "remote-server-not-found")]
    [InlineData("to='@example.org' type='get'", "<ping xmlns='urn:xmpp:ping'/>", "jid-malformed")]
    [InlineData("type='set'", "<query xmlns='jabber:iq:roster'><item xml:space='odd' jid='a@example.org'/></query>", "bad-request")]
    [InlineData("to='example.org' type='get'", "", "bad-request")]
    [InlineData("to='example.org' type='get'", "<ping xmlns='urn:xmpp:ping'/><ping xmlns='urn:xmpp:ping'/>", "bad-request")]
    [InlineData("to='example.org'", "<ping xmlns='urn:xmpp:ping'/>", "bad-request")]
    [InlineData("to='example.org' type='what'", "<ping xmlns='urn:xmpp:ping'/>", "bad-request")]
    public async Task A_query_gets_one_answer(string attributes, string content, string expected)
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        await client.SendAsync($"<iq {attributes} id='1'>{content}</iq>");
        var answers = await client.DrainAsync();
        var answer = Assert.Single(answers);
        Assert.Equal(("iq", "1"), (answer.Name, answer.Id));
        Assert.Equal(expected, answer.Type == "result" ? "result" : answer.Condition());
    }

    [Theory, Trait("Rule", "P-RT-02")]
    [InlineData("example.org", "result")]
    [InlineData("example.org", "error")]
    [InlineData("nobody@example.org", "result")]
    [InlineData("nobody@example.org/x", "error")]
    [InlineData("user@elsewhere.example", "result")]
    public async Task A_result_or_error_is_never_answered(string to, string type)
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        await client.SendAsync($"<iq to='{to}' type='{type}' id='1'/>");
        Assert.Empty(await client.DrainAsync());
    }

    [Fact, Trait("Rule", "P-RT-02")]
    public async Task A_query_to_a_full_jid_is_relayed_both_ways()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        await romeo.SendAsync($"<iq to='{juliet.Jid}' type='get' id='q1'><query xmlns='jabber:iq:version'/></iq>");
        var query = await juliet.UntilAsync(s => s.Id == "q1");
        Assert.Equal(romeo.Jid, query.From);
        await juliet.SendAsync($"<iq to='{query.From}' type='result' id='q1'><query xmlns='jabber:iq:version'/></iq>");
        var result = await romeo.UntilAsync(s => s.Id == "q1");
        Assert.Equal((juliet.Jid, "result"), (result.From, result.Type));
    }

    [Fact]
    public async Task Only_subscribers_learn_that_an_account_exists()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        var info = $"<iq type='get' id='1' to='{juliet.Bare}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
        Assert.Equal("result", (await romeo.AskAsync(info)).Type);
        var stranger = await domain.LogInAsync(await domain.AddUserAsync("stranger"));
        Assert.Equal("service-unavailable", (await stranger.AskAsync(info)).Condition());
    }

    [Fact, Trait("Rule", "P-NEG-07")]
    public async Task A_newcomer_registers_and_logs_in()
    {
        var name = domain.NewName("Newcomer");
        var client = await domain.OpenAsync();
        await client.NextAsync();
        var form = await client.AskAsync($"<iq type='get' id='1' to='example.org'><query xmlns='{Ns.Register}'/></iq>");
        var fields = form.ToXElement().Elements().Single().Elements().Select(e => e.Name.LocalName);
        Assert.Equal(["instructions", "username", "password"], fields);
        Assert.Equal("result", (await client.AskAsync(Register(name, "pw"))).Type);
        Assert.Equal("conflict", (await client.AskAsync(Register(name.ToLowerInvariant(), "pw"))).Condition());
        Assert.Equal("success", (await client.TryAuthenticateAsync("SCRAM-SHA-256", name, "pw")).Name);
    }

    [Theory, Trait("Rule", "P-NEG-07")]
    [InlineData("", "pw")]
    [InlineData("two words", "pw")]
    [InlineData("a@b", "pw")]
    [InlineData("guest-42", "pw")]
    [InlineData("fine", "")]
    public async Task A_bad_name_or_password_is_not_acceptable(string name, string password)
    {
        var client = await domain.OpenAsync();
        Assert.Equal("not-acceptable", (await client.AskAsync(Register(name, password))).Condition());
    }

    [Fact, Trait("Rule", "P-NEG-07")]
    public async Task Registration_is_closed_where_passwords_would_be_readable()
    {
        var client = await domain.OpenAsync(isEncrypted: false);
        await client.SendAsync(Register("eve", "pw"));
        Assert.Equal("not-authorized", (await client.Closed)!.Condition);
    }

    [Fact, Trait("Rule", "P-NEG-07")]
    public async Task One_address_cannot_register_without_bound()
    {
        const string address = "192.0.2.1";
        for (var i = 0; i < EmbeddedDomainCluster.Settings.MaxRegistrationsPerHour; i++)
        {
            var client = await domain.OpenAsync(clientAddress: address);
            Assert.Equal("result", (await client.AskAsync(Register(domain.NewName("many"), "pw"))).Type);
        }

        var last = await domain.OpenAsync(clientAddress: address);
        Assert.Equal("resource-constraint", (await last.AskAsync(Register(domain.NewName("many"), "pw"))).Condition());
    }

    [Fact]
    public async Task A_user_changes_the_password()
    {
        var name = await domain.AddUserAsync("user");
        var client = await domain.LogInAsync(name);
        Assert.Equal("result", (await client.AskAsync(Register(name, "new"))).Type);
        Assert.Equal("not-allowed", (await client.AskAsync(Register("somebody-else", "new"))).Condition());
        var again = await domain.OpenAsync();
        await again.NextAsync();
        Assert.Equal("failure", (await again.TryAuthenticateAsync("PLAIN", name, EmbeddedDomainCluster.Password)).Name);
        Assert.Equal("success", (await again.TryAuthenticateAsync("PLAIN", name, "new")).Name);
    }

    [Fact]
    public async Task A_user_removes_the_account()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        var other = await domain.LogInAsync(romeo.Inbox.Jid!.Local!, "other");
        var removal = $"<iq type='set' id='1'><query xmlns='{Ns.Register}'><remove/></query></iq>";
        Assert.Equal("result", (await romeo.AskAsync(removal)).Type);
        Assert.Equal("not-authorized", (await romeo.Closed)!.Condition);
        Assert.Equal("not-authorized", (await other.Closed)!.Condition);
        await juliet.UntilAsync(s => s.Type == "unsubscribed" && s.From == romeo.Bare);
        await juliet.SendAsync($"<message to='{romeo.Bare}' id='m' type='chat'><body>hi</body></message>");
        Assert.Equal("service-unavailable", (await juliet.UntilAsync(s => s.Id == "m")).Condition());
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public async Task What_the_sessions_of_a_removed_account_give_back_is_not_for_the_next_one_of_that_name()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        var name = romeo.Inbox.Jid!.Local!;
        var other = await domain.ComeOnlineAsync(name, "other");
        await juliet.SendAsync($"<message to='{other.Jid}' id='m' type='chat'><body>hi</body></message>");
        var unseen = await other.UntilAsync(s => s.Id == "m");
        await romeo.AskAsync($"<iq type='set' id='1'><query xmlns='{Ns.Register}'><remove/></query></iq>");
        await domain.AddNamedUserAsync(name);
        await other.CloseAsync(unseen);
        Assert.Equal("service-unavailable", (await juliet.UntilAsync(s => s.Id == "m")).Condition());
        Assert.Equal(0, domain.Stores.CountOffline(romeo.Bare));
    }

    private static string Register(string name, string password) =>
        $"<iq type='set' id='reg'><query xmlns='{Ns.Register}'><username>{name}</username><password>{password}</password></query></iq>";
}
