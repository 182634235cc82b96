using System.Collections.Concurrent;
using System.Threading.Channels;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>What a client of a test session has, whichever silo the session is on.</summary>
internal sealed class TestInbox
{
    public Channel<Stanza> Stanzas { get; } = Channel.CreateUnbounded<Stanza>();

    /// <summary>Completes when the stream ends from the server's side.</summary>
    public TaskCompletionSource<StreamError?> Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Jid? Jid { get; set; }

    /// <summary>Whether the session says that its client is there.</summary>
    public volatile bool IsLive = true;

    /// <summary>Its queue is full, or it is about to end: it takes nothing now.</summary>
    public volatile bool IsFull;

    /// <summary>How many messages it still takes before it is full.</summary>
    public volatile int Room = int.MaxValue;

    /// <summary>The session is no more: it refuses what is delivered.</summary>
    public volatile bool IsGone;
}

/// <summary>The inboxes of all test sessions; one object for all silos.</summary>
internal sealed class TestInboxes
{
    private readonly ConcurrentDictionary<Guid, TestInbox> _inboxes = new();

    public TestInbox this[Guid session] => _inboxes.GetOrAdd(session, _ => new());
}

/// <summary>The test's side of a test session. Calls are awaited one at a time, like a session's pump does.</summary>
[Alias("test-session")]
internal interface ITestSessionGrain : IGrainWithGuidKey
{
    [Alias("open")]
    Task Open(string domain, string? lang, bool isEncrypted, string clientAddress);

    [Alias("send")]
    Task Send([Immutable] Stanza stanza, long rid, int index);

    [Alias("restart")]
    Task Restart();

    [Alias("close")]
    Task Close([Immutable] Stanza[] undelivered);

    [Alias("capture")]
    Task<byte[]> Capture();

    /// <summary>Throws the stream away and takes one up from a snapshot.</summary>
    [Alias("resume")]
    Task Resume(byte[] snapshot);
}

/// <summary>Stands in for the session grain: no requests, no rids, every stanza goes straight to the client.</summary>
[Reentrant, PreferLocalPlacement, GrainType("test-session")]
internal sealed class TestSessionGrain(IXmppBackend backend, TestInboxes inboxes)
    : Grain, ITestSessionGrain, IClientSessionGrain, IXmppClient
{
    private XmppStreamOpen? _open;
    private IXmppStream? _stream;

    private TestInbox Inbox => inboxes[this.GetPrimaryKey()];

    public async Task Open(string domain, string? lang, bool isEncrypted, string clientAddress)
    {
        Assert.True(backend.Serves(domain));
        DelayDeactivation(TimeSpan.MaxValue); // like a session's timer does
        _open = new(this.GetPrimaryKey(), domain, lang, isEncrypted, IsLoopback: false, clientAddress);
        _stream = await backend.OpenAsync(_open, this);
    }

    public async Task Send(Stanza stanza, long rid, int index) =>
        await _stream!.SendAsync(stanza, new(this.GetPrimaryKey(), rid, index));

    public async Task Restart() => await _stream!.RestartAsync(null);

    public async Task Close(Stanza[] undelivered)
    {
        Inbox.IsLive = false;
        Inbox.IsFull = true;
        await _stream!.CloseAsync(undelivered);
        Inbox.IsGone = true;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _stream?.ReleaseAsync() ?? Task.CompletedTask;

    public Task<byte[]> Capture() => Task.FromResult(_stream!.Capture()!);

    public Task Resume(byte[] snapshot)
    {
        _stream = backend.Resume(snapshot, _open!, this);
        return Task.CompletedTask;
    }

    public ValueTask<int?> Deliver(Stanza[] stanzas)
    {
        if (Inbox.IsGone) return new((int?)null);
        if (Inbox.IsFull) return new(0);
        for (var taken = 0; taken < stanzas.Length; taken++)
        {
            if (stanzas[taken].Kind == StanzaKind.Message)
            {
                if (Inbox.Room == 0) return new(taken);
                Inbox.Room--;
            }

            Send(stanzas[taken]);
        }

        return new(stanzas.Length);
    }

    public ValueTask<bool> IsLive() => new(Inbox.IsLive && !Inbox.IsGone);

    public ValueTask CloseWith(string streamErrorCondition)
    {
        Close(new StreamError(streamErrorCondition));
        return default;
    }

    public void Send(Stanza stanza) => Inbox.Stanzas.Writer.TryWrite(stanza);

    public void Bound(Jid jid) => Inbox.Jid = jid;

    public void Close(StreamError? error)
    {
        Inbox.IsGone = true;
        Inbox.Closed.TrySetResult(error);
    }
}
