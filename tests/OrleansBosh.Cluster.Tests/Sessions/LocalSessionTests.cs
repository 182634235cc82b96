using System.Net;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>What a session does when it breaks, or leaves, in the middle of something. Its backend and its clock are the test's.</summary>
public sealed class LocalSessionTests : IDisposable
{
    private const long FirstRid = 1_000;

    private readonly ServiceProvider _provider =
        new ServiceCollection().AddMetrics().AddSingleton<LocalSessions>().AddSingleton<BoshMeter>().BuildServiceProvider();
    private readonly LocalSessions _sessions;
    private readonly SessionCounts _counts = new(maxPerAddress: 1);
    private readonly ScriptedBackend _backend = new();
    private readonly FailingClock _clock = new();
    private readonly CountingGrain _grain;
    private readonly LocalSession _session;

    public LocalSessionTests()
    {
        _sessions = _provider.GetRequiredService<LocalSessions>();
        var grain = DispatchProxy.Create<IGrainContext, CountingGrain>();
        _grain = (CountingGrain)(object)grain;
        SessionServices services = new(
            _backend,
            new(new(), null, true),
            _sessions,
            _counts,
            _provider.GetRequiredService<BoshMeter>(),
            _clock,
            NullLogger<LocalSession>.Instance);
        _session = new(services, Guid.NewGuid(), grain);
    }

    public void Dispose() => _provider.Dispose();

    [Fact]
    public async Task A_session_whose_engine_fails_is_over_for_everybody_and_gives_its_resource_up()
    {
        await OpenAsync();
        var held = Receive(1);
        Assert.False(held.IsCompleted);

        _clock.Failure = new InvalidOperationException("No time.");
        var failed = await Receive(2);
        Assert.Contains("internal-server-error", TextOf(failed), StringComparison.Ordinal);
        Assert.Contains("internal-server-error", TextOf(await held), StringComparison.Ordinal);

        _clock.Failure = null;
        await _backend.Closed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(BoshReply.Gone, await Receive(3));
        Assert.Equal((0, 0), (_sessions.Count, _sessions.HeldRequests));
        Assert.True(_counts.TryAdd(Guid.NewGuid(), IPAddress.Loopback, out _), "The session is still counted to its address.");
        Assert.NotEqual(0, _grain.Deactivations);
    }

    [Fact]
    public async Task A_creation_that_fails_leaves_nothing_behind()
    {
        _clock.Failure = new InvalidOperationException("No time.");
        Assert.Contains("internal-server-error", TextOf(await CreateAsync()), StringComparison.Ordinal);
        Assert.Equal(0, _sessions.Count);
        Assert.True(_counts.TryAdd(Guid.NewGuid(), IPAddress.Loopback, out _), "The session is still counted to its address.");
        Assert.NotEqual(0, _grain.Deactivations);
    }

    [Fact]
    public async Task A_session_that_fails_while_its_backend_works_closes_the_stream_behind_that()
    {
        await OpenAsync();
        _backend.Step = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = Receive(1, Message("1"), Message("2"));
        _clock.Failure = new InvalidOperationException("No time.");
        Assert.Contains("internal-server-error", TextOf(await Receive(2)), StringComparison.Ordinal);
        await asked;
        _clock.Failure = null;
        Assert.False(_backend.Closed.Task.IsCompleted);
        _backend.Step.SetResult();
        await _backend.Closed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(["1"], _backend.Sent);
    }

    [Fact]
    public async Task A_session_that_leaves_says_so_and_takes_nothing_more_to_its_backend()
    {
        await OpenAsync();
        _backend.Step = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = Receive(1, Message("1"), Message("2"));
        var left = _session.ReleaseAsync(CancellationToken.None);
        Assert.Equal(BoshReply.Moved, await held);
        Assert.Equal(BoshReply.Moved, await Receive(2));
        Assert.Null(_session.Deliver([Message("x")], TurnThread.OtherGrain));
        Assert.False(left.IsCompleted);
        Assert.False(_backend.IsReleased);

        _backend.Step.SetResult();
        await left;
        Assert.True(_backend.IsReleased);
        Assert.Equal(["1"], _backend.Sent);
        Assert.Equal((0, 0), (_sessions.Count, _sessions.HeldRequests));
    }

    [Fact]
    public async Task A_client_that_was_gone_before_its_call_is_held_keeps_nobody_waiting()
    {
        await OpenAsync();
        Assert.Equal(BoshReply.ClientGone, await _session.Receive(Request(1), TurnThread.Free, new CancellationToken(canceled: true)));
        Assert.Equal(0, _sessions.HeldRequests);
        // Its request keeps its place.
        Assert.False(Receive(2).IsCompleted);
    }

    [Fact, Trait("Rule", "P-RT-11")]
    public async Task A_session_that_ends_takes_nothing_and_is_gone_only_when_its_account_knows()
    {
        await OpenAsync();
        Assert.Equal(1, Deliver("1"));
        _backend.Step = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _session.CloseWith("conflict");
        Assert.Equal(0, Deliver("2"));
        await Receive(1);
        await Receive(2);
        await _backend.Closed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(0, Deliver("2"));
        _backend.Step.SetResult();
        await Eventually.IsTrueAsync(() => Deliver("2") is null, "the session is gone");
    }

    [Fact, Trait("Rule", "B-HOLD-06")]
    public async Task What_the_backend_has_said_does_not_wait_for_a_call_behind_a_short_way_that_led_to_nothing()
    {
        await OpenAsync();
        var call = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _backend.OnStanza = async (client, stanza) =>
        {
            if (stanza.Id == "ask")
            {
                client.Send(Message("answer"));
                return;
            }

            Assert.False(await SessionTurns.Current!.Outside(static () => false));
            await call.Task;
        };
        var held = Receive(1);
        var asked = Receive(2, Message("ask"), Message("for somebody who has no room"));
        Assert.Contains("answer", TextOf(await held.WaitAsync(TimeSpan.FromSeconds(20))), StringComparison.Ordinal);
        call.SetResult();
        Assert.False(asked.IsCompleted);
    }

    private int? Deliver(string id) => _session.Deliver([Message(id)], TurnThread.OtherGrain);

    private async Task OpenAsync() => Assert.Contains("sid=", TextOf(await CreateAsync()), StringComparison.Ordinal);

    private ValueTask<BoshReply> CreateAsync()
    {
        var body = new BoshBody { Rid = FirstRid, To = "localhost", Ver = "1.11", Wait = "60", Hold = "1", Payloads = [] };
        return _session.Create(new(body, "sid", "localhost", null, false, "127.0.0.1", true), CancellationToken.None);
    }

    private Task<BoshReply> Receive(long number, params Stanza[] payloads) =>
        _session.Receive(Request(number, payloads), TurnThread.Free, CancellationToken.None).AsTask();

    private static BoshRequest Request(long number, params Stanza[] payloads) =>
        new(new() { Rid = FirstRid + number, Payloads = payloads }, false);

    private static Stanza Message(string id) => Stanza.Create("message", new(null, "juliet@localhost", id, null, null));

    private static string TextOf(BoshReply reply) => System.Text.Encoding.UTF8.GetString(reply.Answer!.Entity);

    private sealed class FailingClock : TimeProvider
    {
        public Exception? Failure { get; set; }

        public override DateTimeOffset GetUtcNow() => Failure is null ? base.GetUtcNow() : throw Failure;
    }

    /// <summary>Sends features, and lets each stanza and the end wait for <see cref="Step"/>.</summary>
    private sealed class ScriptedBackend : IXmppBackend, IXmppStream
    {
        private IXmppClient? _client;

        public TaskCompletionSource Step { get; set; } = Done();

        /// <summary>Instead of that.</summary>
        public Func<IXmppClient, Stanza, Task>? OnStanza { get; set; }

        public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string?> Sent { get; } = [];

        public bool IsReleased { get; private set; }

        public bool Serves(string domain) => true;

        public ValueTask<IXmppStream> OpenAsync(XmppStreamOpen open, IXmppClient client)
        {
            _client = client;
            client.Send(Stanza.Create("features", Ns.Stream, default, []));
            client.Bound(Jid.TryParse("romeo@localhost/r", out var jid) ? jid : throw new InvalidOperationException());
            return new(this);
        }

        public IXmppStream Resume(ReadOnlyMemory<byte> snapshot, XmppStreamOpen open, IXmppClient client) => throw new NotSupportedException();

        public async ValueTask SendAsync(Stanza stanza, StanzaOrigin origin)
        {
            Sent.Add(stanza.Id);
            await (OnStanza?.Invoke(_client!, stanza) ?? Step.Task);
        }

        public ValueTask RestartAsync(string? lang) => default;

        public async ValueTask CloseAsync(IReadOnlyList<Stanza> undelivered)
        {
            Closed.TrySetResult();
            await Step.Task;
        }

        public Task ReleaseAsync()
        {
            IsReleased = true;
            return Task.CompletedTask;
        }

        public byte[]? Capture() => null;

        private static TaskCompletionSource Done()
        {
            var done = new TaskCompletionSource();
            done.SetResult();
            return done;
        }
    }

    /// <summary>A session asks nothing else of its grain than to be let go.</summary>
    public class CountingGrain : DispatchProxy
    {
        private int _deactivations;

        public int Deactivations => Volatile.Read(ref _deactivations);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod?.Name != nameof(IGrainContext.Deactivate)) throw new NotSupportedException(targetMethod?.Name);
            Interlocked.Increment(ref _deactivations);
            return null;
        }
    }
}
