using System.Net;
using System.Net.Sockets;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.1: session creation.</summary>
public sealed class CreationTests : WireTest
{
    private const int ManySessions = 1000;

    [Fact]
    [Trait("Rule", "B-CRE-01")]
    [Trait("Rule", "B-CRE-03")]
    [Trait("Rule", "B-CRE-04")]
    public async Task A_request_without_sid_opens_a_session_at_once()
    {
        var (created, after) = await TimeAsync(CreateAsync(("wait", "60")));
        Assert.InRange(after, TimeSpan.Zero, Soon);
        Assert.Equal(200, created.Http!.Status);
        Assert.Null(created.Type);
        Assert.NotEqual("", created.Sid);
        foreach (var name in (string[])["wait", "requests", "polling", "inactivity", "hold"]) Assert.NotNull(created.Number(name));
        Assert.NotNull(created["ver"]);
        Assert.Equal(Domain, created["from"]);
    }

    [Fact]
    [Trait("Rule", "B-CRE-02")]
    public async Task Sids_are_long_unique_and_without_a_pattern()
    {
        var sids = new List<string>();
        foreach (var batch in Enumerable.Range(0, ManySessions).Chunk(50))
        {
            var created = await Task.WhenAll(batch.Select(async _ =>
            {
                await using var session = NewSession();
                return await session.OpenAsync();
            }));
            sids.AddRange(created.Select(answer => answer.Sid!));
        }

        Assert.Equal(ManySessions, sids.Distinct().Count());
        Assert.All(sids, sid => Assert.InRange(sid.Length, 22, 200));
        Assert.All(sids, sid => Assert.Matches("^[A-Za-z0-9._~+/=-]+$", sid));
        // 16 random bytes begin each: that neighbours share six characters has a chance of one in 10⁷ for all of them together.
        Assert.DoesNotContain(sids.Zip(sids.Skip(1)), pair => pair.First[..6] == pair.Second[..6]);
    }

    [Fact]
    [Trait("Rule", "B-CRE-05")]
    public async Task Only_the_creation_response_negotiates()
    {
        string[] negotiated = ["wait", "requests", "ver", "polling", "inactivity", "hold", "accept", "charsets", "maxpause"];
        foreach (var answer in await LaterAnswersAsync()) Assert.DoesNotContain(negotiated, name => answer[name] is not null);
    }

    /// <summary>
    /// The XEP wants it in the creation response and does not forbid it later: Prosody writes it on every answer. gloox takes each answer with
    /// a sid for a creation response.
    /// </summary>
    [Fact]
    [Trait("Rule", "B-CRE-05")]
    [Trait("Scope", "ours")]
    public async Task Only_the_creation_response_has_the_sid() =>
        Assert.All(await LaterAnswersAsync(), answer => Assert.Null(answer["sid"]));

    [Fact]
    [Trait("Rule", "B-CRE-06")]
    [Trait("Rule", "B-COND-04")]
    public async Task A_missing_domain_is_refused()
    {
        AssertTerminate("improper-addressing", await CreateAsync(("to", null)));
        AssertTerminate("improper-addressing", await CreateAsync(("to", "")));
    }

    [Fact]
    [Trait("Rule", "B-CRE-06")]
    [Trait("Rule", "B-COND-03")]
    public async Task A_domain_that_is_not_served_is_refused()
    {
        var unknown = await CreateAsync(("to", "nx.invalid"));
        AssertTerminate("host-unknown", unknown);
        Assert.Null(unknown.Sid);
    }

    [Fact]
    [Trait("Rule", "B-CRE-07")]
    [Trait("Scope", "ours")]
    public async Task The_domain_is_prepared_before_it_is_looked_up()
    {
        Assert.Equal(Domain, (await CreateAsync(("to", Domain.ToUpperInvariant())))["from"]);
        Assert.Equal(Domain, (await CreateAsync(("to", Domain + ".")))["from"]);
    }

    [Fact]
    [Trait("Rule", "B-CRE-08")]
    public async Task Nobody_connects_to_a_route_that_a_client_names()
    {
        using var target = new TcpListener(IPAddress.Loopback, 0);
        target.Start();
        var created = await CreateAsync(("route", $"xmpp:127.0.0.1:{((IPEndPoint)target.LocalEndpoint).Port}"));
        Assert.True(created.Sid is not null || created.Condition == "host-unknown");
        Assert.False(target.Pending());
    }

    [Fact]
    [Trait("Rule", "B-CRE-09")]
    [Trait("Scope", "ours")]
    public async Task Unknown_and_obsolete_attributes_are_ignored()
    {
        var created = await CreateAsync(("secure", "true"), ("window", "5"), ("foo", "x"), ("xmlns:y", "urn:y"), ("y:hold", "9"));
        Assert.NotNull(created.Sid);
        Assert.Null(created["secure"]);
        Assert.Equal(1, created.Number("hold"));
    }

    [Fact]
    [Trait("Rule", "B-CRE-10")]
    [Trait("Scope", "ours")]
    public async Task Payload_of_the_creation_request_is_answered_in_the_creation_response()
    {
        var session = NewSession();
        var created = await session.AskAsync(session.CreationRequest([], Authentication));
        Assert.NotNull(created.Sid);
        Assert.NotNull(created.Features);
        Assert.Contains(created.Payload, element => element.Name == BoshNames.Sasl + "success");
    }

    /// <summary>Of a session on its way through the login.</summary>
    private async Task<BoshAnswer[]> LaterAnswersAsync()
    {
        var session = await OpenAsync();
        BoshAnswer[] later =
        [
            await session.AskAsync(session.Next([], Authentication)),
            await session.AskAsync(session.Next([("xmpp:restart", "true")])),
            await session.AskAsync(session.Next([], Binding)),
            await session.AskAsync(session.Next([], Ping("1"))),
        ];
        Assert.DoesNotContain(later, answer => answer.IsTerminate);
        return later;
    }
}

/// <summary>1.1: sessions that nobody uses.</summary>
public sealed class OrphanTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-CRE-11")]
    [Trait("Scope", "ours")]
    public async Task A_repeated_creation_makes_a_second_session_and_the_orphan_is_reaped()
    {
        var session = NewSession();
        var orphan = await session.AskAsync(session.CreationRequest());
        var used = await session.AskAsync(session.Earlier(0));
        Assert.NotEqual(orphan.Sid, used.Sid);

        session.Sid = used.Sid;
        var poll = await session.SendAsync(session.Next());
        await Task.Delay(TimeSpan.FromSeconds(WireNode.InactivitySeconds + 1));
        session.Sid = orphan.Sid;
        AssertTerminate("item-not-found", await session.AskAsync(session.Request(1)));
        Assert.False(poll.Answer.IsCompleted);
    }

    [Fact]
    [Trait("Rule", "B-CRE-11")]
    [Trait("Scope", "ours")]
    public async Task A_session_that_never_logs_in_ends_though_it_polls()
    {
        var session = await OpenAsync();
        var (answer, after) = await TimeAsync(session.AskAsync(session.Next()));
        AssertTerminate("policy-violation", answer);
        Assert.InRange(after, TimeSpan.FromSeconds(WireNode.LoginSeconds - 1), TimeSpan.FromSeconds(WireNode.LoginSeconds) + Noise);
    }
}
