using System.Globalization;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.2: attributes and their negotiation.</summary>
public sealed class NegotiationTests : WireTest
{
    private const string DefaultContentType = "text/xml; charset=utf-8";

    [Theory]
    [InlineData("7")]
    [InlineData("99999")]
    [Trait("Rule", "B-ATT-01")]
    public async Task Wait_is_never_longer_than_was_asked_for(string asked) =>
        Assert.InRange((await CreateAsync(("wait", asked))).Number("wait")!.Value, 1, long.Parse(asked, CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("7", 7)]
    [InlineData("99999", WireNode.MaxWaitSeconds)]
    [Trait("Rule", "B-ATT-01")]
    [Trait("Scope", "ours")]
    public async Task Wait_is_what_was_asked_for_up_to_the_servers_maximum(string asked, int granted) =>
        Assert.Equal(granted, (await CreateAsync(("wait", asked))).Number("wait"));

    [Fact]
    [Trait("Rule", "B-ATT-02")]
    [Trait("Scope", "ours")]
    public async Task Missing_wait_and_hold_take_defaults()
    {
        var created = await CreateAsync(("wait", null), ("hold", null));
        Assert.Equal(60, created.Number("wait"));
        Assert.Equal(1, created.Number("hold"));
    }

    [Theory]
    [InlineData("wait", "-1")]
    [InlineData("wait", "1.5")]
    [InlineData("wait", "\u0661")]
    [InlineData("wait", "")]
    [InlineData("hold", "x")]
    [InlineData("hold", "-1")]
    [Trait("Rule", "B-ATT-02")]
    [Trait("Rule", "B-COND-01")]
    [Trait("Scope", "ours")]
    public async Task Other_numbers_than_digits_are_bad_requests(string name, string value) =>
        AssertTerminate("bad-request", await CreateAsync((name, value)));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [Trait("Rule", "B-ATT-03")]
    public async Task No_more_is_held_than_was_asked_for(int hold) =>
        Assert.InRange((await CreateAsync(("hold", $"{hold}"))).Number("hold")!.Value, 0, hold);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [Trait("Rule", "B-ATT-04")]
    public async Task Requests_is_larger_than_the_hold_that_was_asked_for(int hold) =>
        Assert.True((await CreateAsync(("hold", $"{hold}"))).Number("requests") > hold);

    [Fact]
    [Trait("Rule", "B-ATT-03")]
    [Trait("Rule", "B-ATT-04")]
    [Trait("Scope", "ours")]
    public async Task Requests_is_one_more_than_the_hold_that_was_asked_for()
    {
        for (var hold = 0; hold <= WireNode.MaxHold; hold++)
        {
            var created = await CreateAsync(("hold", $"{hold}"));
            Assert.Equal(hold, created.Number("hold"));
            Assert.Equal(hold + 1, created.Number("requests"));
        }

        var capped = await CreateAsync(("hold", $"{WireNode.MaxHold + 1}"));
        Assert.Equal(WireNode.MaxHold, capped.Number("hold"));
        Assert.Equal(WireNode.MaxHold + 2, capped.Number("requests"));
    }

    [Theory]
    [InlineData("1.6")]
    [InlineData("1.10")]
    [InlineData("1.20")]
    [InlineData("2.0")]
    [InlineData("0.9")]
    [Trait("Rule", "B-ATT-05")]
    public async Task Ver_is_the_lower_of_both_versions(string asked)
    {
        // The server's own is what it tells a client that says none.
        var own = Version.Parse((await CreateAsync(("ver", null)))["ver"]!);
        var granted = Version.Parse((await CreateAsync(("ver", asked)))["ver"]!);
        Assert.Equal(Version.Parse(asked) < own ? Version.Parse(asked) : own, granted);
    }

    [Fact]
    [Trait("Rule", "B-ATT-06")]
    public async Task A_client_without_ver_is_told_the_servers() => Assert.NotNull((await CreateAsync(("ver", null)))["ver"]);

    [Fact]
    [Trait("Rule", "B-ATT-06")]
    [Trait("Scope", "ours")]
    public async Task A_client_without_a_readable_ver_is_one_of_old()
    {
        foreach (var ver in (string?[])[null, "x"])
        {
            var session = await OpenAsync(("ver", ver));
            Assert.NotNull(session.Creation!["ver"]);
            Assert.Equal(404, (await session.AskAsync(session.Request(9))).Http!.Status);
        }
    }

    [Fact]
    [Trait("Rule", "B-ATT-07")]
    [Trait("Rule", "B-ATT-08")]
    [Trait("Scope", "ours")]
    public async Task The_timers_are_those_of_the_configuration()
    {
        var created = await CreateAsync();
        Assert.Equal(WireNode.InactivitySeconds, created.Number("inactivity"));
        Assert.Equal(WireNode.MaxPauseSeconds, created.Number("maxpause"));
    }

    [Fact]
    [Trait("Rule", "B-ATT-07")]
    public async Task Polling_sessions_may_be_inactive_for_longer()
    {
        var usual = await CreateAsync();
        var polling = await CreateAsync(("wait", "0"));
        Assert.True(polling.Number("inactivity") > usual.Number("inactivity"));
        Assert.True(polling.Number("inactivity") > polling.Number("polling"));
    }

    [Fact]
    [Trait("Rule", "B-ATT-10")]
    public async Task Charsets_are_not_offered_and_invalid_UTF_8_is_a_bad_request()
    {
        var session = await OpenAsync();
        Assert.Null(session.Creation!["charsets"]);
        var request = session.Request(1, [("foo", "?")]);
        var broken = request.Entity.ToArray();
        broken[Array.LastIndexOf(broken, (byte)'?')] = 0xC3;
        AssertUnreadable(await ExchangeAsync(HttpRequestText.Post(Url, broken)));
    }

    [Fact]
    [Trait("Rule", "B-ATT-11")]
    public async Task Content_is_the_media_type_of_every_response()
    {
        const string plain = "text/plain; charset=utf-8";
        foreach (var (asked, expected) in ((string?, string)[])[(plain, plain), (null, DefaultContentType)])
        {
            var session = NewSession(options => options with { Content = asked });
            await session.LoginAsync(BoshLogin.Anonymous());
            var first = await session.AskAsync(session.Next([], Ping("p")));
            var replay = await session.AskAsync(session.Earlier(session.LastNumber));
            var held = await HoldAsync(session);
            var next = await HoldAsync(session);
            var empty = await held;
            var end = await session.AskAsync(session.Next([("type", "terminate")]));
            BoshAnswer[] answers = [session.Creation!, first, replay, empty, await next, end];
            Assert.All(answers, answer => Assert.Equal(expected, answer.Http!.Header("Content-Type")));
        }
    }

    [Theory]
    [InlineData("text/xml\r\nX: y")]
    [InlineData("text/html")]
    [InlineData("nonsense")]
    [Trait("Rule", "B-ATT-12")]
    [Trait("Scope", "ours")]
    public async Task A_dangerous_content_is_refused(string content)
    {
        var refused = await CreateAsync(("content", content));
        AssertTerminate("bad-request", refused);
        Assert.Null(refused.Http!.Header("X"));
    }

    [Fact]
    [Trait("Rule", "B-ATT-13")]
    public async Task The_sessions_language_applies_to_stanzas_without_one()
    {
        var friend = await FriendAsync();
        var session = NewSession(options => options with { Lang = "de" });
        await session.LoginAsync(BoshLogin.Anonymous());
        await session.SendAsync(session.Next([], MessageTo(friend, "Guten Tag")));
        Assert.Equal("de", (await NextMessageAsync(friend)).Attribute(XNamespace.Xml + "lang")?.Value);
    }

    [Fact]
    [Trait("Rule", "B-ATT-14")]
    [Trait("Rule", "B-STR-01")]
    public async Task Attributes_of_the_creation_are_ignored_later()
    {
        var session = await LoginAsync();
        var held = await HoldAsync(session, session.Next(
            [("to", Domain), ("xml:lang", "fr"), ("content", "text/html"), ("wait", "0"), ("hold", "0"), ("ver", "1.5"), ("route", "x")]));
        var next = await HoldAsync(session);
        var answer = await AtOnceAsync(held);
        AssertEmpty(answer);
        Assert.Null(answer["stream"]);
        Assert.Equal(DefaultContentType, answer.Http!.Header("Content-Type"));
        Assert.False(next.Answer.IsCompleted);
    }

    [Fact]
    [Trait("Rule", "B-ATT-15")]
    public async Task Restart_is_known_by_its_namespace()
    {
        var session = await OpenAsync();
        AssertAuthenticated(await session.AskAsync(session.Next([], Authentication)));
        Assert.NotNull((await session.AskAsync(session.Next([("xmlns:z", "urn:xmpp:xbosh"), ("z:restart", "true")]))).Features);
        await HoldAsync(session, session.Next([("restart", "true")]));
        Assert.Contains(" xmpp:version='1.0'", session.Creation!.ToString().Replace('"', '\''), StringComparison.Ordinal);
    }
}
