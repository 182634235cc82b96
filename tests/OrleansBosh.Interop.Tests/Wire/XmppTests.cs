using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.18: XMPP over BOSH.</summary>
public sealed class XmppTests : WireTest
{
    private static readonly (string, string?)[] Restart = [("xmpp:restart", "true")];

    private static readonly string WrongPassword =
        $"<auth xmlns='{BoshNames.Sasl}' mechanism='PLAIN'>{Convert.ToBase64String("\0romeo\0wrong"u8)}</auth>";

    [Fact]
    [Trait("Rule", "B-XMPP-01")]
    [Trait("Rule", "B-XMPP-02")]
    [Trait("Rule", "B-XMPP-03")]
    [Trait("Rule", "B-XMPP-08")]
    [Trait("Rule", "B-EXT-01")]
    [Trait("Rule", "B-EXT-02")]
    [Trait("Rule", "B-EXT-03")]
    public async Task The_creation_response_tells_all_that_a_client_needs_to_log_in()
    {
        var session = await OpenAsync();
        var created = session.Creation!;
        Assert.Equal("1.0", created.XBosh("version"));
        Assert.Equal("true", created.XBosh("restartlogic"));
        var features = created.Features!;
        var mechanisms = features.Element(BoshNames.Sasl + "mechanisms")!.Elements().Select(mechanism => mechanism.Value).ToList();
        Assert.NotEmpty(mechanisms);
        Assert.DoesNotContain(mechanisms, mechanism => mechanism.EndsWith("-PLUS", StringComparison.Ordinal));
        await session.AskAsync(session.Next([], Authentication));
        var restarted = await session.AskAsync(session.Next(Restart));
        foreach (var offered in (XElement[])[features, restarted.Features!])
        {
            Assert.DoesNotContain(
                offered.Elements(),
                element => element.Name.LocalName is "starttls" or "compression" or "sasl-channel-binding" or "sm" or "authentication");
        }

        Assert.Null(restarted["authid"]);
    }

    [Fact]
    [Trait("Rule", "B-XMPP-04")]
    [Trait("Rule", "B-XML-06")]
    public async Task Features_have_the_literal_prefix_and_children_with_namespaces_of_their_own()
    {
        var text = (await CreateAsync()).ToString().Replace('"', '\'');
        Assert.Matches("^<body [^>]*xmlns:stream='http://etherx.jabber.org/streams'", text);
        Assert.Contains("<stream:features", text, StringComparison.Ordinal);
        Assert.Matches("<mechanisms [^>]*xmlns='urn:ietf:params:xml:ns:xmpp-sasl'", text);
        Assert.DoesNotMatch(">\\s+<", text);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("1")]
    [Trait("Rule", "B-XMPP-05")]
    public async Task A_restart_after_the_login_brings_the_features_behind_it(string restart)
    {
        var session = await OpenAsync();
        await session.AskAsync(session.Next([], Authentication));
        var features = (await session.AskAsync(session.Next([("xmpp:restart", restart)]))).Features!;
        Assert.NotNull(features.Element(BoshNames.Bind + "bind"));
        Assert.Null(features.Element(BoshNames.Sasl + "mechanisms"));
    }

    [Fact]
    [Trait("Rule", "B-XMPP-06")]
    [Trait("Scope", "ours")]
    public async Task A_restart_needs_nothing_else_and_its_payload_is_ignored()
    {
        var newcomer = await OpenAsync();
        var again = await newcomer.AskAsync(newcomer.Next(Restart));
        Assert.Equal(newcomer.Creation!.Features!.ToString(), again.Features?.ToString());

        var friend = await FriendAsync();
        var session = await LoginAsync();
        var answer = await session.AskAsync(session.Next(Restart, MessageTo(friend, "m")));
        Assert.Equal(answer.Features, Assert.Single(answer.Payload));
        await HearsNothingAsync(friend);
    }

    [Fact]
    [Trait("Rule", "B-XMPP-07")]
    public async Task A_failed_login_may_be_tried_again()
    {
        var (domain, login) = WireNode.Account;
        var session = NewSession(options => options with { Domain = domain });
        await session.OpenAsync();
        var failure = Assert.Single((await session.AskAsync(session.Next([], WrongPassword))).Payload);
        Assert.Equal(BoshNames.Sasl + "failure", failure.Name);
        Assert.Contains(failure.Elements(), element => element.Name.LocalName == "not-authorized");
        await session.LoginAsync(login);
    }

    [Fact]
    [Trait("Rule", "B-XMPP-07")]
    [Trait("Scope", "ours")]
    public async Task A_login_is_not_tried_without_end()
    {
        var stubborn = await OpenAsync();
        for (var i = 0; i < 10; i++)
        {
            var answer = await stubborn.AskAsync(stubborn.Next([], WrongPassword));
            if (answer.Payload.Any(element => element.Name == BoshNames.Sasl + "failure") && !answer.IsTerminate) continue;
            AssertTerminate("remote-stream-error", answer);
            return;
        }

        AssertTerminate("remote-stream-error", await stubborn.AskAsync(stubborn.Next()));
    }

    [Fact]
    [Trait("Rule", "B-XMPP-09")]
    [Trait("Scope", "ours")]
    public async Task A_stanza_without_namespace_is_taken_as_jabber_client()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        await session.SendAsync(session.Next([], $"<message to='{friend.Jid}' type='chat'><body>hi</body></message>"));
        var message = await NextMessageAsync(friend);
        Assert.Equal(BoshNames.Client, message.Name.Namespace);
        Assert.Equal("hi", BodyText(message));
    }

    [Fact]
    [Trait("Rule", "B-XMPP-09")]
    public async Task Stanzas_to_the_client_are_in_jabber_client()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var held = await session.SendAsync(session.Next());
        await PushAsync(friend, session, "m");
        Assert.Matches("<message [^>]*xmlns='jabber:client'", (await held).ToString().Replace('"', '\''));
    }

    [Fact]
    [Trait("Rule", "B-XMPP-11")]
    [Trait("Scope", "ours")]
    public async Task Queued_stanzas_leave_before_the_end_in_a_response_of_their_own()
    {
        var session = await LoginAsync();
        var held = await HoldAsync(session);
        // One request holds both: the answer to the ping, and then the cause of the end.
        var cause = await session.SendAsync(session.Next([], Ping("p"), ForeignPresence));
        var first = await AtOnceAsync(held);
        Assert.Null(first.Type);
        Assert.Equal("p", Assert.Single(first.Payload).Attribute("id")?.Value);
        AssertTerminate("remote-stream-error", await AtOnceAsync(cause));
    }

    [Fact]
    [Trait("Rule", "B-XMPP-12")]
    public async Task Before_the_resource_is_bound_nothing_goes_to_others()
    {
        var friend = await FriendAsync();
        var newcomer = await OpenAsync();
        await RefusedAsync(newcomer);
        var authenticated = await OpenAsync();
        await authenticated.AskAsync(authenticated.Next([], Authentication));
        await authenticated.AskAsync(authenticated.Next(Restart));
        await RefusedAsync(authenticated);
        await HearsNothingAsync(friend);

        async Task RefusedAsync(ScriptedSession session)
        {
            var answer = await session.AskAsync(session.Next([], MessageTo(friend, "m")));
            AssertTerminate("remote-stream-error", answer);
            Assert.Contains(Assert.Single(answer.Payload).Elements(), element => element.Name.LocalName == "not-authorized");
        }
    }

    [Fact]
    [Trait("Rule", "B-XMPP-12")]
    public async Task From_is_the_full_jid_whatever_own_address_the_client_wrote()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        foreach (var from in (string?[])[null, session.Jid, session.Jid![..session.Jid!.IndexOf('/', StringComparison.Ordinal)]])
        {
            var message = StanzaXml.Message(friend.Jid!, "m");
            if (from is not null) message.SetAttributeValue("from", from);
            await session.SendAsync(session.Next([], StanzaXml.Text(message)));
            Assert.Equal(session.Jid, (await NextMessageAsync(friend)).Attribute("from")?.Value);
        }
    }
}
