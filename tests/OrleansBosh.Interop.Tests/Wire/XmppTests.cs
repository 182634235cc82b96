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
    public async Task The_creation_response_has_the_version_of_XMPP() => Assert.Equal("1.0", (await CreateAsync()).XBosh("version"));

    [Fact]
    [Trait("Rule", "B-XMPP-02")]
    public async Task The_creation_response_announces_restarts() => Assert.Equal("true", (await CreateAsync()).XBosh("restartlogic"));

    [Fact]
    [Trait("Rule", "B-XMPP-03")]
    public async Task The_creation_response_has_the_features() =>
        Assert.NotNull((await CreateAsync()).Features?.Element(BoshNames.Sasl + "mechanisms"));

    [Fact]
    [Trait("Rule", "B-XMPP-08")]
    [Trait("Rule", "B-EXT-02")]
    [Trait("Rule", "B-EXT-03")]
    public async Task Nothing_is_offered_that_does_not_work_over_BOSH()
    {
        var session = await OpenAsync();
        var features = session.Creation!.Features!;
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
    }

    [Fact]
    [Trait("Rule", "B-XMPP-01")]
    [Trait("Scope", "ours")]
    public async Task No_stream_id_comes_after_a_restart()
    {
        var session = await OpenAsync();
        await session.AskAsync(session.Next([], Authentication));
        Assert.Null((await session.AskAsync(session.Next(Restart)))["authid"]);
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
        await newcomer.SendAsync(newcomer.Next([], MessageTo(friend, "m")));
        var authenticated = await AuthenticatedAsync();
        await authenticated.SendAsync(authenticated.Next([], MessageTo(friend, "m")));
        await HearsNothingAsync(friend);
    }

    [Fact]
    [Trait("Rule", "B-XMPP-12")]
    [Trait("Scope", "ours")]
    public async Task Who_sends_before_the_resource_is_bound_loses_the_stream()
    {
        foreach (var session in (ScriptedSession[])[await OpenAsync(), await AuthenticatedAsync()])
        {
            var answer = await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Message($"romeo@{Domain}", "m"))));
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

    /// <summary>A guest who has not bound a resource.</summary>
    private async Task<ScriptedSession> AuthenticatedAsync()
    {
        var session = await OpenAsync();
        await session.AskAsync(session.Next([], Authentication));
        await session.AskAsync(session.Next(Restart));
        return session;
    }
}
