using System.Text;
using System.Xml.Linq;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>Catalogue 3.1: from the first features to a bound resource.</summary>
[Collection(EmbeddedDomainCollection.Name)]
public class EmbeddedDomainLoginTests(EmbeddedDomainCluster domain)
{
    [Theory, Trait("Rule", "P-NEG-01"), Trait("Rule", "P-NEG-02"), Trait("Rule", "B-XMPP-07")]
    [InlineData("SCRAM-SHA-1")]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("SCRAM-SHA-512")]
    [InlineData("PLAIN")]
    public async Task A_user_logs_in_with_each_mechanism(string mechanism)
    {
        var name = await domain.AddUserAsync("user");
        var client = await domain.OpenAsync();
        var success = await client.AuthenticateAsync(mechanism, name, EmbeddedDomainCluster.Password);
        var data = Encoding.UTF8.GetString(Convert.FromBase64String(success.ToXElement().Value));
        if (mechanism != "PLAIN") Assert.StartsWith("v=", data, StringComparison.Ordinal);
        Assert.Equal($"{name}@{EmbeddedDomainCluster.Domain}/desk", await client.BindAsync("desk"));
    }

    [Fact, Trait("Rule", "P-NEG-01"), Trait("Rule", "B-XMPP-08"), Trait("Rule", "P-NEG-07"), Trait("Rule", "B-EXT-03"), Trait("Rule", "B-SEC-05")]
    [Trait("NotOffered", "B-EXT-01"), Trait("NotOffered", "B-XMPP-13")]
    public async Task Features_before_login_offer_what_is_allowed_and_nothing_else()
    {
        var encrypted = (await (await domain.OpenAsync()).NextAsync()).ToXElement();
        var open = (await (await domain.OpenAsync(isEncrypted: false)).NextAsync()).ToXElement();
        Assert.Equal(["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "ANONYMOUS"], Mechanisms(encrypted));
        Assert.Equal(["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "ANONYMOUS"], Mechanisms(open));
        Assert.Equal(["mechanisms", "register"], encrypted.Elements().Select(e => e.Name.LocalName));
        Assert.Equal(["mechanisms"], open.Elements().Select(e => e.Name.LocalName));
    }

    [Fact]
    [Trait("Rule", "P-NEG-03"), Trait("Rule", "P-NEG-04"), Trait("Rule", "P-NEG-05")]
    [Trait("Rule", "B-XMPP-04"), Trait("Rule", "B-XMPP-05")]
    public async Task Features_after_login_have_bind_and_no_whitespace_and_no_session()
    {
        var client = await domain.OpenAsync();
        await client.AuthenticateAsync("PLAIN", await domain.AddUserAsync("user"), EmbeddedDomainCluster.Password);
        await client.RestartAsync();
        var features = await client.NextAsync();
        var xml = features.ToXElement();
        Assert.All(xml.Nodes(), node => Assert.IsType<XElement>(node));
        Assert.Equal(["bind", "ver", "sub", "csi"], xml.Elements().Select(e => e.Name.LocalName));
        Assert.StartsWith("<stream:features xmlns:stream='", Encoding.UTF8.GetString(features.Bytes.Span), StringComparison.Ordinal);
    }

    [Fact, Trait("Rule", "B-XMPP-06")]
    public async Task A_restart_before_login_offers_the_same_again()
    {
        var client = await domain.OpenAsync();
        var first = await client.NextAsync();
        await client.RestartAsync();
        Assert.Equal(first.Bytes.ToArray(), (await client.NextAsync()).Bytes.ToArray());
    }

    [Theory, Trait("Rule", "B-XMPP-07")]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("PLAIN")]
    public async Task After_a_wrong_password_the_right_one_works_on_the_same_stream(string mechanism)
    {
        var name = await domain.AddUserAsync("user");
        var client = await domain.OpenAsync();
        await client.NextAsync();
        var failure = await client.TryAuthenticateAsync(mechanism, name, "wrong");
        Assert.Equal("failure", failure.Name);
        Assert.NotNull(failure.Child("not-authorized", Ns.Sasl));
        Assert.Equal("success", (await client.TryAuthenticateAsync(mechanism, name, EmbeddedDomainCluster.Password)).Name);
    }

    [Fact, Trait("Rule", "B-XMPP-07")]
    public async Task Ten_failed_logins_end_the_stream()
    {
        var client = await domain.OpenAsync();
        await client.NextAsync();
        for (var i = 0; i < 10; i++)
        {
            Assert.False(client.Inbox.Closed.Task.IsCompleted);
            await client.TryAuthenticateAsync("PLAIN", "nobody", "wrong");
        }

        Assert.Equal("policy-violation", (await client.Closed)!.Condition);
    }

    [Fact]
    public async Task A_broken_account_store_is_a_temporary_failure()
    {
        var name = await domain.AddUserAsync("user");
        domain.Stores.Break($"{name}@{EmbeddedDomainCluster.Domain}", true);
        var client = await domain.OpenAsync();
        await client.NextAsync();
        var failure = await client.TryAuthenticateAsync("PLAIN", name, EmbeddedDomainCluster.Password);
        Assert.NotNull(failure.Child("temporary-auth-failure", Ns.Sasl));
        domain.Stores.Break($"{name}@{EmbeddedDomainCluster.Domain}", false);
        Assert.Equal("success", (await client.TryAuthenticateAsync("PLAIN", name, EmbeddedDomainCluster.Password)).Name);
    }

    [Fact, Trait("Rule", "P-NEG-06")]
    public async Task Bind_gives_a_resource_when_none_is_asked_for()
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        Assert.NotEmpty(client.Inbox.Jid!.Resource!);
        Assert.Equal("not-allowed", (await client.AskAsync(TestClient.BindRequest("again"))).Condition());
    }

    [Fact, Trait("Rule", "P-NEG-06")]
    public async Task A_live_session_keeps_its_resource_and_the_newcomer_gets_another()
    {
        var name = await domain.AddUserAsync("user");
        var first = await domain.LogInAsync(name, "desk");
        var second = await domain.LogInAsync(name, "desk", silo: 1);
        Assert.NotEqual(first.Jid, second.Jid);
        Assert.StartsWith("desk-", second.Inbox.Jid!.Resource, StringComparison.Ordinal);
        Assert.False(first.Inbox.Closed.Task.IsCompleted);
    }

    [Fact, Trait("Rule", "P-NEG-06"), Trait("Rule", "B-XMPP-10")]
    public async Task A_stale_session_is_replaced_with_a_conflict()
    {
        var name = await domain.AddUserAsync("user");
        var first = await domain.LogInAsync(name, "desk");
        first.Inbox.IsLive = false;
        var second = await domain.LogInAsync(name, "desk", silo: 1);
        Assert.Equal(first.Jid, second.Jid);
        Assert.Equal("conflict", (await first.Closed)!.Condition);

        // Neither a last stanza of the old session nor its end takes the resource from the new one.
        await first.SendAsync("<presence/>");
        await first.CloseAsync();
        await second.SendAsync($"<message to='{second.Jid}' id='m'/>");
        Assert.Equal("m", (await second.NextAsync()).Id);
    }

    [Fact]
    public async Task Too_many_sessions_of_one_account_are_refused()
    {
        var name = await domain.AddUserAsync("user");
        for (var i = 0; i < EmbeddedDomainCluster.Settings.MaxResources; i++) await domain.LogInAsync(name);
        var client = await domain.OpenAsync();
        await client.AuthenticateAsync("PLAIN", name, EmbeddedDomainCluster.Password);
        Assert.Equal("resource-constraint", (await client.AskAsync(TestClient.BindRequest(null))).Condition());
    }

    [Theory, Trait("Rule", "B-XMPP-12")]
    [InlineData("<message to='romeo@example.org'><body>hi</body></message>")]
    [InlineData("<presence/>")]
    [InlineData("<iq type='get' id='1' to='romeo@example.org'><vCard xmlns='vcard-temp'/></iq>")]
    public async Task Stanzas_to_others_before_bind_end_the_stream(string xml)
    {
        var newcomer = await domain.OpenAsync();
        await newcomer.SendAsync(xml);
        Assert.Equal("not-authorized", (await newcomer.Closed)!.Condition);

        var client = await domain.OpenAsync();
        await client.AuthenticateAsync("PLAIN", await domain.AddUserAsync("user"), EmbeddedDomainCluster.Password);
        await client.SendAsync(xml);
        Assert.Equal("not-authorized", (await client.Closed)!.Condition);
    }

    [Fact]
    public async Task The_domain_answers_queries_before_bind()
    {
        var client = await domain.OpenAsync();
        await client.AuthenticateAsync("PLAIN", await domain.AddUserAsync("user"), EmbeddedDomainCluster.Password);
        Assert.Equal("result", (await client.AskAsync("<iq type='get' id='1' to='example.org'><ping xmlns='urn:xmpp:ping'/></iq>")).Type);
        var roster = await client.AskAsync("<iq type='get' id='2'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.Equal("service-unavailable", roster.Condition());
        Assert.Equal("bad-request", (await client.AskAsync("<iq type='get' id='3'/>")).Condition());
    }

    [Fact, Trait("Rule", "P-NEG-04")]
    public async Task The_session_of_old_is_tolerated()
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        Assert.Equal("result", (await client.AskAsync($"<iq type='set' id='1'><session xmlns='{Ns.Session}'/></iq>")).Type);
    }

    [Fact, Trait("Rule", "P-NEG-05")]
    public async Task Elements_of_other_protocols_do_no_harm()
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        await client.SendAsync("<active xmlns='urn:xmpp:csi:0'/>");
        await client.SendAsync("<inactive xmlns='urn:xmpp:csi:0'/>");
        await client.SendAsync("<r xmlns='urn:xmpp:sm:3'/>");
        await client.SendAsync("<enable xmlns='urn:xmpp:sm:3'/>");
        Assert.Equal("failed", (await client.NextAsync()).Name);
        await client.SendAsync($"<auth xmlns='{Ns.Sasl}' mechanism='PLAIN'/>");
        Assert.Equal("failure", (await client.NextAsync()).Name);
        await client.SendAsync("<nonsense xmlns='urn:example:nonsense'/>");
        Assert.Equal("unsupported-stanza-type", (await client.Closed)!.Condition);
    }

    [Fact]
    public async Task A_guest_lives_as_long_as_the_session()
    {
        var user = await domain.ComeOnlineAsync(await domain.AddUserAsync("user"), silo: 1);
        var guest = await domain.OpenAsync();
        await guest.AuthenticateAsync("ANONYMOUS", "", "");
        await guest.BindAsync();
        await guest.BecomeAvailableAsync();
        await user.SendAsync($"<message to='{guest.Bare}' type='chat' id='m1'><body>hi</body></message>");
        Assert.Equal("hi", (await guest.UntilAsync(s => s.Id == "m1")).TextOf("body"));
        await guest.SendAsync($"<message to='{user.Bare}' type='chat' id='m2'><body>ho</body></message>");
        Assert.Equal("ho", (await user.UntilAsync(s => s.Id == "m2")).TextOf("body"));

        await guest.CloseAsync();
        await user.SendAsync($"<message to='{guest.Bare}' type='chat' id='m3'><body>still there?</body></message>");
        Assert.Equal("service-unavailable", (await user.UntilAsync(s => s.Id == "m3")).Condition());
        Assert.Equal(0, domain.Stores.CountOffline(guest.Bare));
    }

    [Fact]
    public async Task A_captured_stream_goes_on_where_it_was()
    {
        var name = await domain.AddUserAsync("user");
        var client = await domain.OpenAsync(lang: "de");
        await client.RecycleAsync();
        await client.AuthenticateAsync("SCRAM-SHA-256", name, EmbeddedDomainCluster.Password);
        await client.RecycleAsync();
        await client.BindAsync("desk");
        await client.RecycleAsync();
        await client.RepeatAsync(TestClient.BindRequest("desk")); // handled already, so nothing answers
        await client.SendAsync($"<message to='{client.Jid}' id='m'><body>hallo</body></message>");
        var message = await client.NextAsync();
        Assert.Equal(("m", client.Jid, "de"), (message.Id, message.From, message.Lang));
    }

    private static IEnumerable<string> Mechanisms(XElement features) =>
        features.Elements(XName.Get("mechanisms", Ns.Sasl)).Elements().Select(e => e.Value);
}
