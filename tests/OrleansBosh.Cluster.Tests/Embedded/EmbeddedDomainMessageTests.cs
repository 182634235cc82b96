using System.Globalization;
using System.Xml.Linq;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>Messages between users, present, away and gone: catalogue 3.3.</summary>
[Collection(EmbeddedDomainCollection.Name)]
public class EmbeddedDomainMessageTests(EmbeddedDomainCluster domain)
{
    [Fact, Trait("Rule", "P-RT-01"), Trait("Rule", "P-RT-08"), Trait("Rule", "B-ATT-13")]
    public async Task A_message_arrives_as_it_was_sent_with_the_senders_address_and_language()
    {
        var juliet = await domain.ComeOnlineAsync(await domain.AddUserAsync("juliet"), silo: 1);
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"), lang: "it");
        var attributes = $"to='{juliet.Bare.ToUpperInvariant()}' type='chat' id='m1' from='{romeo.Bare}'";
        var content = $"<body>hi &amp; you</body><thread>t</thread><active xmlns='{Ns.ChatStates}'/><x xmlns='urn:example:x'><y/></x>";
        await romeo.SendAsync($"<message {attributes}>{content}</message>");
        var message = await juliet.UntilAsync(s => s.Name == "message");
        Assert.Equal((romeo.Jid, juliet.Bare, "m1", "chat", "it"), (message.From, message.To, message.Id, message.Type, message.Lang));
        Assert.Equal(["body", "thread", "active", "x"], message.Children.ToArray().Select(c => c.Name));
        Assert.Equal("hi & you", message.TextOf("body"));

        await romeo.SendAsync($"<message to='{juliet.Jid}' id='m2' xml:lang='en'/>");
        Assert.Equal("en", (await juliet.UntilAsync(s => s.Id == "m2")).Lang);
    }

    [Theory, Trait("Rule", "P-RT-01"), Trait("Rule", "B-XMPP-12")]
    [InlineData("<message from='other@example.org' to='user@example.org'/>")]
    [InlineData("<presence from='example.org'/>")]
    [InlineData("<iq from='@' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>")]
    public async Task A_foreign_sender_ends_the_stream(string xml)
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        await client.SendAsync(xml);
        Assert.Equal("invalid-from", (await client.Closed)!.Condition);
    }

    [Fact, Trait("Rule", "P-RT-01")]
    public async Task A_message_to_nobody_is_for_the_own_account()
    {
        var client = await domain.ComeOnlineAsync(await domain.AddUserAsync("user"));
        await client.SendAsync("<message id='note'><body>remember the milk</body></message>");
        var note = await client.UntilAsync(s => s.Id == "note");
        Assert.Equal((client.Jid, client.Bare), (note.From, note.To));
    }

    [Theory]
    [InlineData("to='nobody@example.org' type='chat'", "service-unavailable")]
    [InlineData("to='nobody@example.org'", "service-unavailable")]
    [InlineData("to='nobody@example.org/x'", "service-unavailable")]
    [InlineData("to='nobody@example.org' type='groupchat'", "service-unavailable")]
    [InlineData("to='nobody@example.org' type='headline'", null)]
    [InlineData("to='nobody@example.org' type='error'", null)]
    [InlineData("to='example.org'", "service-unavailable")]
    [InlineData("to='user@elsewhere.example'", "remote-server-not-found")]
    [InlineData("to='user@chat.example.org'", "remote-server-not-found")]
    [InlineData("to='a b@example.org'", "jid-malformed")]
    [InlineData("to='a b@example.org' type='error'", null)]
    [Trait("Rule", "P-RT-03"), Trait("Rule", "P-RT-12")]
    public async Task A_message_that_leads_nowhere(string attributes, string? expected)
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        await client.SendAsync($"<message {attributes} id='m'><body>hi</body></message>");
        var answers = await client.DrainAsync();
        if (expected is null) Assert.Empty(answers);
        else Assert.Equal(expected, Assert.Single(answers).Condition());
    }

    [Fact, Trait("Rule", "P-RT-03")]
    public async Task A_message_to_the_account_reaches_every_resource_that_wants_messages()
    {
        var name = await domain.AddUserAsync("juliet");
        var desk = await domain.ComeOnlineAsync(name, "desk");
        var phone = await domain.ComeOnlineAsync(name, "phone", silo: 1);
        var robot = await domain.LogInAsync(name, "robot");
        await robot.BecomeAvailableAsync(priority: -1);
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        await romeo.SendAsync($"<message to='{desk.Bare}' id='m' type='chat'><body>hi</body></message>");
        await desk.UntilAsync(s => s.Id == "m");
        await phone.UntilAsync(s => s.Id == "m");
        Assert.DoesNotContain(await robot.DrainAsync(), s => s.Id == "m");
    }

    [Fact, Trait("Rule", "P-RT-05")]
    public async Task Messages_wait_for_a_user_who_is_away()
    {
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        var name = await domain.AddUserAsync("juliet");
        await romeo.SendAsync($"<message to='{name}@example.org' id='m1' type='chat'><body>1</body></message>");
        await romeo.SendAsync($"<message to='{name}@example.org/gone' id='m2' type='chat'><body>2</body></message>");
        await romeo.SendAsync($"<message to='{name}@example.org' id='m3'><body>3</body></message>");
        await romeo.SendAsync($"<message to='{name}@example.org' id='s' type='chat'><composing xmlns='{Ns.ChatStates}'/></message>");
        var secret = $"<body>x</body><no-store xmlns='{Ns.Hints}'/>";
        await romeo.SendAsync($"<message to='{name}@example.org' id='n' type='chat'>{secret}</message>");
        Assert.Equal(["s", "n"], (await romeo.DrainAsync()).Select(s => s.Id));

        // A resource that wants no messages gets none of these either.
        var juliet = await domain.LogInAsync(name, silo: 1);
        await juliet.BecomeAvailableAsync(priority: -5);
        Assert.DoesNotContain(await juliet.DrainAsync(), s => s.Name == "message");
        await juliet.SendAsync("<presence/>");
        for (var i = 1; i <= 3; i++)
        {
            var message = await juliet.UntilAsync(s => s.Name == "message");
            Assert.Equal((romeo.Jid, $"m{i}"), (message.From, message.Id));
            var delay = message.ToXElement().Element(XName.Get("delay", Ns.Delay))!;
            Assert.Equal("example.org", (string?)delay.Attribute("from"));
            var stamp = DateTimeOffset.Parse((string)delay.Attribute("stamp")!, CultureInfo.InvariantCulture);
            Assert.InRange(stamp, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
        }

        // They are there once.
        await juliet.CloseAsync();
        var again = await domain.ComeOnlineAsync(name);
        Assert.DoesNotContain(await again.DrainAsync(), s => s.Name == "message");
        Assert.Equal(0, domain.Stores.CountOffline(again.Bare));
    }

    [Fact, Trait("Rule", "P-RT-05")]
    public async Task What_cannot_be_stored_is_refused_to_its_sender()
    {
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        var juliet = $"{await domain.AddUserAsync("juliet")}@example.org";
        for (var i = 0; i < EmbeddedDomainCluster.Settings.MaxOfflineMessages; i++) await SendAsync("ok");
        await SendAsync("full");
        domain.Stores.Break(juliet, true);
        await SendAsync("broken");
        domain.Stores.Break(juliet, false);
        var errors = await romeo.DrainAsync();
        Assert.Equal(["full service-unavailable", "broken internal-server-error"], errors.Select(s => $"{s.Id} {s.Condition()}"));
        Assert.Equal(EmbeddedDomainCluster.Settings.MaxOfflineMessages, domain.Stores.CountOffline(juliet));

        Task SendAsync(string id) => romeo.SendAsync($"<message to='{juliet}' id='{id}' type='chat'><body>hi</body></message>");
    }

    [Fact, Trait("Rule", "B-INACT-04"), Trait("Rule", "B-INACT-05")]
    public async Task What_a_client_has_not_seen_is_stored_or_sent_back()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        await romeo.SendAsync($"<message to='{juliet.Jid}' id='m' type='chat'><body>hi</body></message>");
        await romeo.SendAsync($"<message to='{juliet.Jid}' id='s' type='chat'><composing xmlns='{Ns.ChatStates}'/></message>");
        await romeo.SendAsync($"<iq to='{juliet.Jid}' id='q' type='get'><ping xmlns='urn:xmpp:ping'/></iq>");
        await romeo.SendAsync("<presence><show>away</show></presence>");
        var undelivered = new List<Stanza>();
        while (undelivered.Count < 4) undelivered.Add(await juliet.UntilAsync(s => s.From == romeo.Jid));
        await juliet.CloseAsync([.. undelivered]);
        Assert.Equal("recipient-unavailable", (await romeo.UntilAsync(s => s.Id == "s")).Condition());
        Assert.Equal("service-unavailable", (await romeo.UntilAsync(s => s.Id == "q")).Condition());

        var again = await domain.ComeOnlineAsync(juliet.Inbox.Jid!.Local!);
        var message = await again.UntilAsync(s => s.Name == "message");
        Assert.Equal("m", message.Id);
        Assert.NotNull(message.Child("delay", Ns.Delay));
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public async Task A_session_that_has_vanished_is_found_out_by_the_first_stanza_for_it()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        juliet.Inbox.IsGone = true; // without a word, as when its node dies
        await romeo.SendAsync($"<message to='{juliet.Jid}' id='m' type='chat'><body>hi</body></message>");
        Assert.Equal("unavailable", (await romeo.UntilAsync(s => s.From == juliet.Jid)).Type);
        var again = await domain.ComeOnlineAsync(juliet.Inbox.Jid!.Local!);
        Assert.Equal("m", (await again.UntilAsync(s => s.Name == "message")).Id);
    }

    [Fact]
    public async Task A_quiet_user_is_not_collected()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        await domain.CollectIdleGrainsAsync();
        await romeo.SendAsync($"<message to='{juliet.Jid}' id='m'/>");
        await juliet.UntilAsync(s => s.Id == "m");
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public async Task An_unseen_copy_of_a_message_is_not_shown_again_to_who_has_seen_it()
    {
        var name = await domain.AddUserAsync("juliet");
        var desk = await domain.ComeOnlineAsync(name, "desk");
        var phone = await domain.ComeOnlineAsync(name, "phone", silo: 1);
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        await romeo.SendAsync($"<message to='{desk.Bare}' id='both' type='chat'><body>1</body></message>");
        await romeo.SendAsync($"<message to='{phone.Jid}' id='phone' type='chat'><body>2</body></message>");
        await desk.UntilAsync(s => s.Id == "both");
        Stanza[] undelivered = [await phone.UntilAsync(s => s.Id == "both"), await phone.UntilAsync(s => s.Id == "phone")];
        await phone.CloseAsync(undelivered);
        Assert.Equal(["phone"], (await desk.DrainAsync()).Where(s => s.Name == "message").Select(s => s.Id));
    }

    [Fact]
    public async Task What_a_restored_session_sends_again_arrives_once()
    {
        var juliet = await domain.ComeOnlineAsync(await domain.AddUserAsync("juliet"), silo: 1);
        var romeo = await domain.LogInAsync(await domain.AddUserAsync("romeo"));
        string[] stanzas =
        [
            $"<message to='{juliet.Bare}' id='m' type='chat'><body>once</body></message>",
            $"<presence to='{juliet.Bare}' id='p'/>",
            $"<iq to='{juliet.Jid}' id='q' type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
        ];
        foreach (var stanza in stanzas)
        {
            // The session is restored to a moment before it knew that the stanza had left.
            var snapshot = await romeo.CaptureAsync();
            await romeo.SendAsync(stanza);
            await romeo.ResumeAsync(snapshot);
            await romeo.RepeatAsync(stanza);
        }

        var last = $"<message to='{juliet.Bare}' id='last'/>";
        await romeo.SendAsync(last);
        var seen = new List<string?>();
        do seen.Add((await juliet.NextAsync()).Id);
        while (seen[^1] != "last");
        Assert.Equal(["m", "p", "q", "last"], seen);
    }

    [Fact]
    public async Task A_query_of_a_restored_session_is_answered_again()
    {
        var client = await domain.LogInAsync(await domain.AddUserAsync("user"));
        const string Query = "<iq id='q' type='get'><query xmlns='jabber:iq:roster'/></iq>";
        var snapshot = await client.CaptureAsync();
        await client.SendAsync(Query);
        await client.NextAsync();
        await client.ResumeAsync(snapshot); // to a moment when it had no answer
        await client.RepeatAsync(Query);
        Assert.Equal("q", (await client.NextAsync()).Id);
    }

    [Fact, Trait("Rule", "P-RT-11")]
    public async Task Messages_never_overtake_presence_to_the_same_user()
    {
        var (romeo, juliet) = await domain.MeetAsync();
        for (var i = 0; i < 200; i++)
        {
            await romeo.SendAsync($"<presence id='p{i}'/>");
            await romeo.SendAsync($"<message to='{juliet.Bare}' id='m{i}' type='chat'><body>{i}</body></message>");
        }

        for (var i = 0; i < 200; i++)
        {
            Assert.Equal($"p{i}", (await juliet.UntilAsync(s => s.From == romeo.Jid)).Id);
            Assert.Equal($"m{i}", (await juliet.UntilAsync(s => s.From == romeo.Jid)).Id);
        }
    }

    [Fact, Trait("Rule", "P-RT-11")]
    public async Task Two_users_write_to_each_other_a_thousand_times_at_once()
    {
        const int Count = 1000;
        var (romeo, juliet) = await domain.MeetAsync();
        await Task.WhenAll(WriteAsync(romeo, juliet), WriteAsync(juliet, romeo), ReadAsync(romeo), ReadAsync(juliet));

        static async Task WriteAsync(TestClient from, TestClient to)
        {
            // Presence goes to the other one as well, so that both grains also write to each other.
            for (var i = 0; i < Count; i++)
            {
                await from.SendAsync($"<message to='{to.Bare}' id='{i}' type='chat'><body>{i}</body></message>");
                if (i % 10 == 0) await from.SendAsync("<presence/>");
            }
        }

        static async Task ReadAsync(TestClient client)
        {
            for (var i = 0; i < Count; i++)
            {
                var message = await client.UntilAsync(s => s.Name == "message");
                Assert.Null(message.Condition());
                Assert.Equal(i.ToString(CultureInfo.InvariantCulture), message.Id);
            }
        }
    }
}
