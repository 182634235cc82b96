using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansBosh.Cluster.Tests.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Cluster.Tests.FrontEnd;

/// <summary>What one request may hold: each option of its own, each counted under its own name.</summary>
[Trait("Rule", "B-SEC-03")]
public class ContentLimitTests(ContentLimitTests.SmallLimits node) : IClassFixture<ContentLimitTests.SmallLimits>
{
    /// <summary>A value just within each limit, and the next.</summary>
    public static TheoryData<string, string, string> Payloads => new()
    {
        { "stanza_bytes", Sized(2048), Sized(2049) },
        { "stanza_bytes_before_login", Sized(1024), Sized(1100) },
        { "stanza_depth", Nested(8), Nested(9) },
        { "attributes", WithAttributes(20), WithAttributes(21) },
        { "payloads", "<a/><a/><a/>", "<a/><a/><a/><a/>" },
    };

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task What_is_within_a_limit_passes_and_the_next_is_refused_and_counted(string limit, string allowed, string refused)
    {
        using var recorder = node.Record();
        var series = $"bosh.server.limit_hits{{bosh.limit={limit}}}";

        // Whatever the domain thinks of such a stanza.
        Assert.NotEqual("policy-violation", await AskAsync(allowed));
        Assert.Equal(0, recorder[series]);
        Assert.Equal("policy-violation", await AskAsync(refused));
        Assert.Equal(1, recorder[series]);

        async Task<string?> AskAsync(string payload)
        {
            await using var session = node.NewSession();
            await session.OpenAsync();
            if (limit == "stanza_bytes") await session.LoginAsync(BoshLogin.Anonymous());
            return (await session.AskAsync(session.Next([], payload))).Condition;
        }
    }

    [Fact]
    [Trait("Rule", "B-HTTP-10")]
    public async Task An_entity_that_is_too_large_gets_413_and_is_counted()
    {
        using var recorder = node.Record();
        await using var session = node.NewSession();
        await session.OpenAsync();
        var refused = await Assert.ThrowsAsync<BoshProtocolException>(() => session.AskAsync(session.Next([], new string(' ', 8192))));
        Assert.Contains("413", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, recorder["bosh.server.limit_hits{bosh.limit=entity}"]);
    }

    [Fact]
    public async Task A_creation_request_may_carry_no_larger_stanza_than_a_login()
    {
        using var recorder = node.Record();
        await using var session = node.NewSession();
        Assert.Equal("policy-violation", (await session.AskAsync(session.CreationRequest([], Sized(1100)))).Condition);
        Assert.Equal(1, recorder["bosh.server.limit_hits{bosh.limit=stanza_bytes_before_login}"]);
        Assert.Equal(0, recorder["bosh.server.opened_sessions"]);
    }

    private static string Sized(int bytes) => $"<message xmlns='jabber:client'>{new string('x', bytes - 41)}</message>";

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("<a>", depth)) + string.Concat(Enumerable.Repeat("</a>", depth));

    private static string WithAttributes(int count) => $"<a {string.Join(' ', Enumerable.Range(0, count).Select(i => $"b{i}=''"))}/>";

    /// <summary>A node with small limits.</summary>
    public sealed class SmallLimits : IAsyncLifetime
    {
        private BoshTestCluster _cluster = null!;

        public async Task InitializeAsync() => _cluster = await BoshTestCluster.StartAsync(1, Configure);

        public async Task DisposeAsync() => await _cluster.DisposeAsync();

        internal MeterRecorder Record() => new(_cluster.Nodes[0].Silo.ServiceProvider.GetRequiredService<IMeterFactory>());

        public ScriptedSession NewSession() => new(TwoNodes.ClientOf(_cluster, _cluster.Nodes[0]));

        private static void Configure(BoshOptions options)
        {
            options.MaxBodyBytes = 8192;
            options.MaxStanzaBytes = 2048;
            options.MaxStanzaBytesBeforeLogin = 1024;
            options.MaxStanzaDepth = 8;
            options.MaxAttributes = 20; // a creation request has many
            options.MaxPayloads = 3;
            // An answer to what is allowed need not be waited for.
            options.MaxWait = TimeSpan.FromSeconds(1);
        }
    }
}
