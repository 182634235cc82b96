using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.15: the end of a session.</summary>
public sealed class TerminationTests : WireTest
{
    private static readonly (string, string?)[] Terminate = [("type", "terminate")];

    [Fact]
    [Trait("Rule", "B-TERM-01")]
    public async Task Payload_of_a_terminate_request_is_forwarded_and_the_client_goes_offline()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Presence(to: friend.Jid)), Ping("p")));
        AssertTerminate(null, await session.AskAsync(session.Next(Terminate, MessageTo(friend, "m"))));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var heard = new List<string?>();
        while (heard.Count < 3)
        {
            var stanza = await friend.Stanzas.ReadAsync(limit.Token);
            heard.Add(stanza.Name.LocalName == "message" ? BodyText(stanza) : stanza.Attribute("type")?.Value ?? "available");
        }

        Assert.Equal(["available", "m", "unavailable"], heard);
    }

    [Fact]
    [Trait("Rule", "B-TERM-02")]
    public async Task The_oldest_request_gets_the_end_and_the_others_nothing()
    {
        var session = await LoginAsync();
        var held = await HoldAsync(session);
        var terminate = await session.SendAsync(session.Next(Terminate));
        AssertTerminate(null, await AtOnceAsync(held));
        AssertEmpty(await AtOnceAsync(terminate));
        await AssertDeadAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-TERM-03")]
    public async Task Terminate_keeps_to_the_order_of_the_rids()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        var n = session.LastNumber;
        var terminate = await HoldAsync(session, session.Request(n + 2, Terminate));
        var first = await session.SendAsync(session.Request(n + 1, [], MessageTo(friend, "m")));
        await HearsAsync(friend, "m");
        AssertTerminate(null, await AtOnceAsync(first));
        AssertEmpty(await AtOnceAsync(terminate));
        await AssertDeadAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-TERM-04")]
    [Trait("Rule", "B-COND-07")]
    public async Task The_request_at_fault_gets_the_reason_and_the_others_other_request()
    {
        var session = await LoginAsync();
        var held = await HoldAsync(session);
        var bad = await session.SendAsync(session.Request(session.LastNumber + 8));
        AssertTerminate("item-not-found", await AtOnceAsync(bad));
        AssertTerminate("other-request", await AtOnceAsync(held));
    }

    [Fact]
    [Trait("Rule", "B-TERM-05")]
    [Trait("Scope", "ours")]
    public async Task An_end_that_found_nobody_is_told_to_the_next_request()
    {
        var session = await LoginAsync();
        // A pause is answered at once, before the domain has seen its payload.
        AssertEmpty(await session.AskAsync(session.Next([("pause", "5")], ForeignPresence)));
        var next = await session.AskAsync(session.Next());
        AssertTerminate("remote-stream-error", next);
        Assert.Single(next.Payload);
        await AssertDeadAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-TERM-06")]
    public async Task A_client_may_end_the_session_with_a_condition()
    {
        var session = await LoginAsync();
        AssertTerminate(null, await session.AskAsync(session.Next([.. Terminate, ("condition", "remote-stream-error")])));
        await AssertDeadAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-TERM-06")]
    [Trait("Scope", "ours")]
    public async Task A_client_may_end_the_session_misspelt()
    {
        // COMPAT(gloox)
        var session = await LoginAsync();
        AssertTerminate(null, await session.AskAsync(session.Next([("type", "terminal")])));
        await AssertDeadAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-TERM-06")]
    public async Task Other_types_are_ignored()
    {
        var session = await LoginAsync();
        await HoldAsync(session, session.Next([("type", "foo")]));
    }
}

/// <summary>1.16 and 1.17: conditions that other cases do not show, recoverable errors, and HTTP codes for clients of old.</summary>
public sealed class ConditionTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-COND-10")]
    [Trait("Rule", "B-XMPP-10")]
    [Trait("Rule", "B-XMPP-12")]
    [Trait("Scope", "ours")]
    public async Task A_foreign_from_is_a_stream_error()
    {
        var session = await LoginAsync();
        var answer = await session.AskAsync(session.Next([], ForeignPresence));
        AssertTerminate("remote-stream-error", answer);
        var error = Assert.Single(answer.Payload);
        Assert.Equal(BoshNames.Streams + "error", error.Name);
        Assert.Contains(error.Elements(), element => element.Name.LocalName == "invalid-from");
        await AssertDeadAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-ERR-03")]
    public async Task An_error_about_payload_is_payload()
    {
        var session = await LoginAsync();
        var answer = await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Ping("nobody@nx.invalid/x", "p"))));
        Assert.Null(answer.Type);
        Assert.NotNull(StanzaXml.ErrorCondition(Assert.Single(answer.Payload)));
        await AssertAliveAsync(session);
    }

    [Fact]
    [Trait("Rule", "B-LEG-02")]
    public async Task A_client_without_ver_gets_HTTP_codes()
    {
        var session = await OpenAsync(("ver", null));
        Assert.Equal(404, (await ExchangeAsync(HttpRequestText.Post(Url, session.Request(9).Entity))).Status);
        var unknown = await CreateAsync(("ver", null), ("to", "nx.invalid"));
        Assert.Equal(200, unknown.Http!.Status);
        Assert.True(unknown.IsTerminate);
    }

    [Theory]
    [InlineData(404, "rid", "9", "item-not-found")]
    [InlineData(403, "pause", "600", "policy-violation")]
    [InlineData(400, "pause", "x", "bad-request")]
    [InlineData(400, "rid", null, "bad-request")]
    [InlineData(400, "rid", "x", "bad-request")]
    [InlineData(400, "rid", "9007199254740992", "bad-request")]
    [Trait("Rule", "B-LEG-02")]
    [Trait("Scope", "ours")]
    public async Task An_HTTP_code_comes_with_the_condition(int status, string attribute, string? value, string condition)
    {
        var session = await OpenAsync(("ver", null));
        var answer = await session.AskAsync(session.Next([(attribute, value)]));
        Assert.Equal(status, answer.Http!.Status);
        Assert.Equal(condition, answer.Condition);
    }

    [Fact]
    [Trait("Rule", "B-LEG-03")]
    [Trait("Scope", "ours")]
    public async Task An_empty_sid_is_an_unknown_one()
    {
        var session = await OpenAsync();
        session.Sid = "";
        AssertTerminate("item-not-found", await session.AskAsync(session.Request(1)));
    }

    [Fact]
    [Trait("Rule", "B-LEG-01")]
    [Trait("Rule", "B-LEG-03")]
    [Trait("Rule", "B-COND-06")]
    public async Task An_unknown_sid_is_answered_with_200()
    {
        var session = await OpenAsync();
        var real = session.Sid!;
        foreach (var sid in (string[])["x", "0123456789abcdef0123456789abcdef", real[..^1] + (real[^1] == 'A' ? 'B' : 'A'), "a b<"])
        {
            session.Sid = sid;
            AssertTerminate("item-not-found", await session.AskAsync(session.Request(1)));
        }

        session.Sid = real;
        AssertAuthenticated(await session.AskAsync(session.Request(1, [], Authentication)));
    }
}
