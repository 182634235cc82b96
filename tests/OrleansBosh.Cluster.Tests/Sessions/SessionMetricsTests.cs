using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>A node counts what its sessions do.</summary>
public sealed class SessionMetricsTests : IAsyncLifetime
{
    private BoshTestCluster _cluster = null!;
    private MeterRecorder _recorder = null!;

    public async Task InitializeAsync()
    {
        // The clients of these tests are proxies as well, so that they can say how they came.
        _cluster = await BoshTestCluster.StartAsync(1, options => options.TrustedProxies = "127.0.0.0/8");
        _recorder = new(Services.GetRequiredService<IMeterFactory>());
    }

    public async Task DisposeAsync()
    {
        _recorder.Dispose();
        await _cluster.DisposeAsync();
    }

    private IServiceProvider Services => _cluster.Nodes[0].Silo.ServiceProvider;

    [Fact]
    public async Task A_session_is_counted_from_its_creation_to_its_end()
    {
        await using var session = NewSession();
        await session.OpenAsync();
        Assert.Equal(1, _recorder.Observe("bosh.server.active_sessions"));
        Assert.Equal(1, _recorder["bosh.server.opened_sessions"]);
        Assert.Equal(1, _recorder["bosh.server.requests{bosh.request.kind=creation}"]);

        await session.SendAsync(session.Next());
        await Eventually.IsTrueAsync(() => _recorder.Observe("bosh.server.held_requests") == 1, "the request is held");
        Assert.Equal(1, _recorder["bosh.server.requests{bosh.request.kind=empty}"]);

        await session.AskAsync(session.Next([("type", "terminate")]));
        Assert.Equal(1, _recorder["bosh.server.requests{bosh.request.kind=terminate}"]);
        Assert.Equal(1, _recorder["bosh.server.ended_sessions{bosh.end.cause=client,bosh.condition=none}"]);
        await Eventually.IsTrueAsync(() => _recorder.Observe("bosh.server.held_requests") == 0, "nothing is held");

        // The session is still there for late repeats; that does not end it a second time.
        Assert.Equal("item-not-found", (await session.AskAsync(session.Next())).Condition);
        Assert.Equal(1, _recorder["bosh.server.ended_sessions{bosh.end.cause=client,bosh.condition=none}"]);
    }

    [Fact]
    public async Task A_creation_with_wrong_attributes_is_refused_and_opens_nothing()
    {
        await using var session = NewSession();
        Assert.Equal("bad-request", (await session.AskAsync(session.CreationRequest([("wait", "x")]))).Condition);
        Assert.Equal(1, _recorder["bosh.server.refused_requests{bosh.condition=bad-request}"]);
        Assert.Equal(0, _recorder["bosh.server.opened_sessions"]);
    }

    [Fact]
    public async Task A_queue_that_is_full_is_a_hit_of_its_limit()
    {
        await using var session = NewSession();
        await session.OpenAsync();
        Assert.True(Services.GetRequiredService<SessionIds>().TryRead(session.Sid, out var id));
        var room = Services.GetRequiredService<BoshNodeSettings>().Session.MaxQueueStanzas;
        var stanzas = Enumerable.Range(0, room + 1)
            .Select(i => Stanza.Create("message", new(From: null, To: null, Id: $"{i}", Type: "chat", Lang: null)))
            .ToArray();

        var taken = await Services.GetRequiredService<IGrainFactory>().GetGrain<IClientSessionGrain>(id).Deliver(stanzas);

        Assert.Equal(room, taken);
        Assert.Equal(1, _recorder["bosh.server.limit_hits{bosh.limit=client_queue}"]);
    }

    [Fact]
    [Trait("Rule", "B-SEC-02")]
    public async Task A_request_without_encryption_for_an_encrypted_session_is_counted_though_it_gets_no_answer()
    {
        var options = TwoNodes.ClientOf(_cluster, _cluster.Nodes[0]);
        await using var session = new ScriptedSession(options with { Headers = [("X-Forwarded-Proto", "https")] });
        await session.OpenAsync();
        await using var intruder = new ScriptedSession(options with { FirstRid = session.FirstRid }) { Sid = session.Sid };

        await Assert.ThrowsAnyAsync<IOException>(() => intruder.AskAsync(intruder.Next()));

        Assert.Equal(1, _recorder["bosh.server.refused_requests{bosh.condition=none}"]);
        Assert.Equal(1, _recorder.Observe("bosh.server.active_sessions"));
        Assert.True((await session.AskAsync(session.Next([("type", "terminate")]))).IsTerminate);
    }

    private ScriptedSession NewSession() => new(TwoNodes.ClientOf(_cluster, _cluster.Nodes[0]));
}
