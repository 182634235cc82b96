using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Xmpp;

/// <summary>What stands behind sessions: the embedded domain, or (later) an existing XMPP server.</summary>
public interface IXmppBackend
{
    /// <summary>Whether streams to this prepared domain can be opened here; if not, a creation is answered <c>host-unknown</c>.</summary>
    bool Serves(string domain);

    /// <summary>Opens a stream. The backend sends <c>stream:features</c> to <paramref name="client"/> as soon as it knows them.</summary>
    /// <returns>The stream; it is used in the session's turns only, one awaited call at a time, and what it awaits comes back into a turn.</returns>
    ValueTask<IXmppStream> OpenAsync(XmppStreamOpen open, IXmppClient client);

    /// <summary>Takes up the stream of a session that was captured elsewhere (<see cref="IXmppStream.Capture"/>).</summary>
    IXmppStream Resume(ReadOnlyMemory<byte> snapshot, XmppStreamOpen open, IXmppClient client);
}

/// <summary>How a client opened its stream.</summary>
/// <param name="SessionId">The key of the session's grain; also the receiver of stanzas for it.</param>
/// <param name="Domain">The prepared domain of <c>to</c>.</param>
/// <param name="Lang">The stream's default <c>xml:lang</c>, or null (B-ATT-13).</param>
/// <param name="IsEncrypted">The client's connection was encrypted, here or at a trusted proxy.</param>
/// <param name="IsLoopback">The client is on this machine, with no proxy between.</param>
/// <param name="ClientAddress">The client's IP address as text, for limits; never logged together with a sid.</param>
public sealed record XmppStreamOpen(Guid SessionId, string Domain, string? Lang, bool IsEncrypted, bool IsLoopback, string ClientAddress);

/// <summary>Names one accepted stanza of one session, so that a receiver can drop a repeat after a restore.</summary>
/// <param name="SessionId">The session it came from.</param>
/// <param name="Rid">The request that brought it.</param>
/// <param name="Index">Its position among that request's payloads, from 0.</param>
[GenerateSerializer, Alias("stanza-origin"), Immutable]
public readonly record struct StanzaOrigin([property: Id(0)] Guid SessionId, [property: Id(1)] long Rid, [property: Id(2)] int Index);

/// <summary>Client → server. Every call is awaited before the next one, in the order of the client's stanzas.</summary>
public interface IXmppStream
{
    /// <summary>Hands over one element of the client: a stanza, a SASL element, anything else.</summary>
    /// <exception cref="Exception">A bug or broken storage; the session answers <c>internal-server-error</c> and ends.</exception>
    ValueTask SendAsync(Stanza stanza, StanzaOrigin origin);

    /// <summary>The client restarted its stream (RFC 6120 §4.3.3); new features are sent to it.</summary>
    /// <param name="lang">The new default <c>xml:lang</c>, or null to keep the old one.</param>
    ValueTask RestartAsync(string? lang);

    /// <summary>The session is over. Presence becomes unavailable, the resource is free, undelivered stanzas are bounced or stored.</summary>
    /// <param name="undelivered">Stanzas that no client has shown to have seen, in order (B-INACT-04).</param>
    ValueTask CloseAsync(IReadOnlyList<Stanza> undelivered);

    /// <summary>
    /// The session leaves this node without being over: it moves, or its grain is lost. The stream is not used any more and does nothing by
    /// itself any more; nobody is told that the client has gone. Completes when nothing it has begun can arrive any more.
    /// </summary>
    Task ReleaseAsync();

    /// <summary>Everything that <see cref="IXmppBackend.Resume"/> needs, at any moment; null when the stream cannot move.</summary>
    byte[]? Capture();
}

/// <summary>Server → client. Called in the session's turns; never blocks and never throws for a client that is gone.</summary>
public interface IXmppClient
{
    /// <summary>Queues one element for the client; synchronous replies ride the answer of the request that asked (B-HOLD-06).</summary>
    void Send(Stanza stanza);

    /// <summary>The client has authenticated and bound <paramref name="jid"/>; from now on it polls by itself.</summary>
    void Bound(Jid jid);

    /// <summary>Ends the stream from the server's side. What was sent before is delivered first (B-XMPP-11).</summary>
    /// <param name="error">The stream error, or null for an ordinary end.</param>
    void Close(StreamError? error);
}
