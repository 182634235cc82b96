using System.Xml.Linq;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>Rosters, subscriptions and the presence that follows from them: RFC 6121 §2 to §4.</summary>
[Collection(EmbeddedDomainCollection.Name)]
public class EmbeddedDomainRosterTests(EmbeddedDomainCluster domain)
{
    private const string GetRoster = "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>";

    [Fact, Trait("Rule", "P-RT-07"), Trait("Rule", "P-RT-06")]
    public async Task Two_users_subscribe_to_each_other_with_pushes_and_presence()
    {
        var romeo = await domain.ComeOnlineAsync(await domain.AddUserAsync("romeo"));
        var juliet = await domain.ComeOnlineAsync(await domain.AddUserAsync("juliet"), silo: 1);

        await romeo.SendAsync($"<presence type='subscribe' to='{juliet.Bare}' id='s1'/>");
        Assert.Equal($"{juliet.Bare} none subscribe", (await romeo.UntilAsync(IsPush)).RosterItem());
        var request = await juliet.UntilAsync(s => s.Type == "subscribe");
        Assert.Equal((romeo.Bare, juliet.Bare, "s1"), (request.From, request.To, request.Id));

        await juliet.SendAsync($"<presence type='subscribed' to='{romeo.Bare}'/>");
        Assert.Equal($"{romeo.Bare} from", (await juliet.UntilAsync(IsPush)).RosterItem());
        Assert.Equal(juliet.Bare, (await romeo.UntilAsync(s => s.Type == "subscribed")).From);
        Assert.Equal($"{juliet.Bare} to", (await romeo.UntilAsync(IsPush)).RosterItem());
        await romeo.UntilAsync(s => s.Name == "presence" && s.Type is null && s.From == juliet.Jid);

        await juliet.SendAsync($"<presence type='subscribe' to='{romeo.Bare}'/>");
        Assert.Equal($"{romeo.Bare} from subscribe", (await juliet.UntilAsync(IsPush)).RosterItem());
        await romeo.UntilAsync(s => s.Type == "subscribe");
        await romeo.SendAsync($"<presence type='subscribed' to='{juliet.Bare}'/>");
        Assert.Equal($"{juliet.Bare} both", (await romeo.UntilAsync(IsPush)).RosterItem());
        await juliet.UntilAsync(s => s.Type == "subscribed");
        Assert.Equal($"{romeo.Bare} both", (await juliet.UntilAsync(IsPush)).RosterItem());
        await juliet.UntilAsync(s => s.Name == "presence" && s.Type is null && s.From == romeo.Jid);

        Assert.Equal($"{juliet.Bare} both", (await romeo.AskAsync(GetRoster)).RosterItem());
    }

    [Fact, Trait("Rule", "P-RT-07")]
    public async Task A_request_waits_for_its_user_and_comes_back_at_each_login_until_it_is_answered()
    {
        var romeo = await domain.ComeOnlineAsync(await domain.AddUserAsync("romeo"));
        var name = await domain.AddUserAsync("juliet");
        await romeo.SendAsync($"<presence type='subscribe' to='{name}@example.org'><status>it is me</status></presence>");
        for (var login = 0; login < 2; login++)
        {
            var juliet = await domain.ComeOnlineAsync(name, silo: 1);
            var request = await juliet.UntilAsync(s => s.Type == "subscribe");
            Assert.Equal("it is me", request.TextOf("status"));
            await juliet.CloseAsync();
        }

        var answering = await domain.ComeOnlineAsync(name);
        await answering.SendAsync($"<presence type='unsubscribed' to='{romeo.Bare}'/>");
        await romeo.UntilAsync(s => s.Type == "unsubscribed");
        var again = await domain.ComeOnlineAsync(name, silo: 1);
        Assert.DoesNotContain(await again.DrainAsync(), s => s.Type == "subscribe");
    }

    [Fact, Trait("Rule", "P-RT-07")]
    public async Task Who_is_approved_beforehand_need_not_wait()
    {
        var romeo = await domain.ComeOnlineAsync(await domain.AddUserAsync("romeo"));
        var juliet = await domain.ComeOnlineAsync(await domain.AddUserAsync("juliet"), silo: 1);
        await juliet.SendAsync($"<presence type='subscribed' to='{romeo.Bare}'/>");
        Assert.Equal($"{romeo.Bare} none approved", (await juliet.UntilAsync(IsPush)).RosterItem());
        await romeo.SendAsync($"<presence type='subscribe' to='{juliet.Bare}'/>");
        await romeo.UntilAsync(s => s.Type == "subscribed");
        await romeo.UntilAsync(s => s.Name == "presence" && s.Type is null && s.From == juliet.Jid);
        Assert.Equal($"{romeo.Bare} from", (await juliet.UntilAsync(IsPush)).RosterItem());
    }

    [Fact, Trait("Rule", "P-RT-07")]
    public async Task Removing_a_contact_ends_both_subscriptions()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        await romeo.AskAsync(SetRoster($"<item jid='{juliet.Bare}' subscription='remove'/>"));
        await juliet.UntilAsync(s => s.Type == "unavailable" && s.From == romeo.Jid);
        await romeo.UntilAsync(s => s.Type == "unavailable" && s.From == juliet.Jid);
        Assert.Empty((await romeo.AskAsync(GetRoster)).ToXElement().Descendants(XName.Get("item", Ns.Roster)));
        Assert.Equal($"{romeo.Bare} none", (await juliet.AskAsync(GetRoster)).RosterItem());
    }

    [Fact]
    public async Task A_roster_is_named_grouped_pushed_and_versioned()
    {
        var name = await domain.AddUserAsync("user");
        var first = await domain.ComeOnlineAsync(name);
        var second = await domain.ComeOnlineAsync(name, silo: 1);
        var indifferent = await domain.LogInAsync(name);
        var set = SetRoster("<item jid='Friend@example.org' name='F'><group>b</group><group>a</group></item>");
        Assert.Equal("result", (await first.AskAsync(set)).Type);
        var push = await second.UntilAsync(IsPush);
        Assert.Equal("friend@example.org none", push.RosterItem());
        Assert.Equal((second.Bare, second.Jid), (push.From, push.To));
        Assert.Empty(await indifferent.DrainAsync());

        var version = (string)push.ToXElement().Elements().Single().Attribute("ver")!;
        var ask = $"<iq type='get' id='2'><query xmlns='jabber:iq:roster' ver='{version}'/></iq>";
        Assert.Empty((await second.AskAsync(ask)).ToXElement().Elements());
        await first.AskAsync(set.Replace("name='F'", "name='G'", StringComparison.Ordinal));
        var roster = await second.AskAsync(ask);
        var item = roster.ToXElement().Descendants(XName.Get("item", Ns.Roster)).Single();
        Assert.Equal(("G", "ab"), ((string?)item.Attribute("name"), item.Value));
    }

    [Theory]
    [InlineData("", "bad-request")]
    [InlineData("<item jid='a@example.org'/><item jid='b@example.org'/>", "bad-request")]
    [InlineData("<item/>", "jid-malformed")]
    [InlineData("<item jid='@'/>", "jid-malformed")]
    [InlineData("<item jid='a@example.org'><group/></item>", "not-acceptable")]
    [InlineData("<item jid='a@example.org'><group>x</group><group>x</group></item>", "bad-request")]
    [InlineData("<item jid='a@example.org' subscription='remove'/>", "item-not-found")]
    public async Task A_bad_roster_set_is_refused(string items, string expected)
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        var answer = await client.AskAsync(SetRoster(items));
        Assert.Equal(expected, answer.Condition());
    }

    [Fact]
    public async Task A_roster_has_a_bound()
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        for (var i = 0; i < EmbeddedDomainCluster.Settings.MaxRosterItems; i++) Assert.Equal("result", (await SetAsync($"a{i}")).Type);
        Assert.Equal("resource-constraint", (await SetAsync("one-too-many")).Condition());
        Assert.Equal("result", (await SetAsync("a0")).Type);
        await client.SendAsync("<presence type='subscribe' to='another@example.org' id='p'/>");
        Assert.Equal("resource-constraint", (await client.UntilAsync(s => s.Id == "p")).Condition());

        Task<Stanza> SetAsync(string contact) => client.AskAsync(SetRoster($"<item jid='{contact}@example.org'/>"));
    }

    [Fact]
    public async Task A_roster_that_cannot_be_stored_is_unchanged()
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        await client.AskAsync(GetRoster);
        domain.Stores.Break(client.Bare, true);
        var answer = await client.AskAsync(SetRoster("<item jid='a@example.org'/>"));
        Assert.Equal("internal-server-error", answer.Condition());
        Assert.Equal("wait", (string?)answer.ToXElement().Elements().Single().Attribute("type"));
        domain.Stores.Break(client.Bare, false);
        Assert.Empty((await client.AskAsync(GetRoster)).ToXElement().Descendants(XName.Get("item", Ns.Roster)));
    }

    [Fact]
    public async Task A_resource_that_was_forgotten_comes_back_with_its_next_presence()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        await domain.ForgetAsync(romeo.Bare);
        await romeo.SendAsync("<presence id='back'/>");
        await juliet.UntilAsync(s => s.Id == "back");
        await juliet.SendAsync($"<message to='{romeo.Jid}' id='m'/>");
        await romeo.UntilAsync(s => s.Id == "m");
    }

    [Fact]
    public async Task Presence_that_cannot_be_announced_is_refused_and_may_be_repeated()
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        domain.Stores.Break(client.Bare, true);
        await client.SendAsync("<presence id='p1'/>");
        Assert.Equal("internal-server-error", (await client.NextAsync()).Condition());
        domain.Stores.Break(client.Bare, false);
        await client.SendAsync("<presence id='p2'/>");
        Assert.Equal(("p2", client.Jid), await client.NextAsync() is { } own ? (own.Id, own.From) : default);
    }

    [Fact, Trait("Rule", "P-RT-06")]
    public async Task Presence_reaches_contacts_own_resources_and_who_comes_later()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        await romeo.SendAsync("<presence><show>away</show><c xmlns='http://jabber.org/protocol/caps' ver='v'/></presence>");
        var seen = await juliet.UntilAsync(s => s.From == romeo.Jid);
        Assert.Equal("away", seen.TextOf("show"));
        Assert.NotNull(seen.Child("c", "http://jabber.org/protocol/caps"));

        var phone = await domain.ComeOnlineAsync(juliet.Inbox.Jid!.Local!, "phone");
        await juliet.UntilAsync(s => s.From == phone.Jid);
        var learned = new HashSet<string>();
        while (learned.Count < 2) learned.Add((await phone.UntilAsync(s => s.Name == "presence")).From!);
        Assert.Equal([juliet.Jid, romeo.Jid], learned.Order());
        await romeo.UntilAsync(s => s.From == phone.Jid);
    }

    [Fact, Trait("Rule", "P-RT-06"), Trait("Rule", "B-INACT-05")]
    public async Task The_end_of_a_session_makes_its_resource_unavailable()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        var stranger = await domain.ComeOnlineAsync(await domain.AddUserAsync("stranger"));
        await romeo.SendAsync($"<presence to='{stranger.Jid}'/>");
        await stranger.UntilAsync(s => s.From == romeo.Jid);
        await romeo.CloseAsync();
        Assert.Equal("unavailable", (await juliet.UntilAsync(s => s.From == romeo.Jid)).Type);
        Assert.Equal("unavailable", (await stranger.UntilAsync(s => s.From == romeo.Jid)).Type);
        Assert.DoesNotContain(await juliet.DrainAsync(), s => s.From == romeo.Jid);
    }

    [Fact, Trait("Rule", "P-RT-06")]
    public async Task Logging_out_tells_contacts_the_reason_and_tells_them_once()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        await romeo.SendAsync($"<presence to='{juliet.Jid}'/>"); // she is a contact anyway
        await romeo.SendAsync("<presence type='unavailable'><status>bye</status></presence>");
        Assert.Equal("bye", (await juliet.UntilAsync(s => s.Type == "unavailable")).TextOf("status"));
        await romeo.CloseAsync();
        await juliet.SendAsync($"<iq type='get' id='b' to='{romeo.Jid}'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.Equal("service-unavailable", (await juliet.UntilAsync(s => s.From == romeo.Jid)).Condition());
    }

    [Fact, Trait("Rule", "P-RT-06")]
    public async Task Directed_presence_is_seen_by_its_addressee_only_and_ends_with_the_session()
    {
        var romeo = await domain.ComeOnlineAsync(await domain.AddUserAsync("romeo"));
        var stranger = await domain.ComeOnlineAsync(await domain.AddUserAsync("stranger"), silo: 1);
        await romeo.SendAsync($"<presence to='{stranger.Bare}'><status>for you</status></presence>");
        Assert.Equal("for you", (await stranger.UntilAsync(s => s.From == romeo.Jid)).TextOf("status"));
        await romeo.SendAsync("<presence><show>dnd</show></presence>");
        await romeo.SendAsync("<presence type='unavailable'/>");
        Assert.Equal("unavailable", (await stranger.UntilAsync(s => s.From == romeo.Jid)).Type);
    }

    [Theory]
    [InlineData("<presence type='nonsense' id='p'/>", "bad-request")]
    [InlineData("<presence type='subscribe' id='p'/>", "bad-request")]
    [InlineData("<presence type='nonsense' to='a@example.org' id='p'/>", "bad-request")]
    [InlineData("<presence to='@' id='p'/>", "jid-malformed")]
    [InlineData("<presence type='subscribe' to='a@elsewhere.example' id='p'/>", "remote-server-not-found")]
    [InlineData("<presence to='a@elsewhere.example' id='p'/>", null)]
    [InlineData("<presence to='example.org' id='p'/>", null)]
    [InlineData("<presence to='nobody@example.org' id='p'/>", null)]
    [InlineData("<presence type='error' to='nobody@example.org' id='p'/>", null)]
    [Trait("Rule", "P-RT-12")]
    public async Task Presence_that_leads_nowhere(string xml, string? expected)
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        await client.SendAsync(xml);
        var answers = await client.DrainAsync();
        if (expected is null) Assert.Empty(answers);
        else Assert.Equal(expected, Assert.Single(answers).Condition());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_subscription_that_the_other_side_does_not_know_ends_at_login(bool exists)
    {
        // Removed and re-created, or simply gone: the probe finds out, and both cases look the same.
        var contact = exists ? await domain.AddUserAsync("other") : domain.NewName("nobody");
        var name = await domain.AddUserAsync("user");
        await domain.Stores.SaveItemAsync($"{name}@example.org", new($"{contact}@example.org", null, "to", false, false, []), 1);
        var client = await domain.ComeOnlineAsync(name);
        Assert.Equal($"{contact}@example.org", (await client.UntilAsync(s => s.Type == "unsubscribed")).From);
        Assert.Equal($"{contact}@example.org none", (await client.UntilAsync(IsPush)).RosterItem());
    }

    [Fact]
    [Trait("Rule", "P-RT-06")]
    public async Task A_probe_of_a_full_jid_is_answered_by_the_server_about_that_resource_alone()
    {
        var contact = await domain.AddUserAsync("contact");
        var name = await domain.AddUserAsync("user");
        await domain.Stores.SaveItemAsync($"{contact}@example.org", new($"{name}@example.org", null, "from", false, false, []), 1);
        var tab = await domain.ComeOnlineAsync(contact);
        var phone = await domain.LogInAsync(contact);
        var user = await domain.LogInAsync(name);
        await tab.DrainAsync();

        await user.SendAsync($"<presence to='{tab.Jid}' type='probe'/>");
        var answer = await user.NextAsync();
        Assert.Equal((tab.Jid, (string?)null), (answer.From, answer.Type));
        await user.SendAsync($"<presence to='{phone.Jid}' type='probe'/>");
        answer = await user.NextAsync();
        Assert.Equal((phone.Jid, "unavailable"), (answer.From, answer.Type));
        Assert.Empty(await tab.DrainAsync());
        Assert.Empty(await phone.DrainAsync());
    }

    private static string SetRoster(string items) => $"<iq type='set' id='1'><query xmlns='jabber:iq:roster'>{items}</query></iq>";

    private static bool IsPush(Stanza stanza) => stanza is { Name: "iq", Type: "set" };
}
