using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>A request on its way from a front end to the session's owner.</summary>
/// <param name="Body">The parsed entity.</param>
/// <param name="IsEncrypted">The client's connection was encrypted; it travels with a forwarded request (B-SEC-02).</param>
[GenerateSerializer, Alias("bosh-request"), Immutable]
public sealed record BoshRequest([property: Id(0)] BoshBody Body, [property: Id(1)] bool IsEncrypted);

/// <summary>A creation request with what the front end knows about it.</summary>
/// <param name="Body">The parsed entity.</param>
/// <param name="Sid">The new session's id.</param>
/// <param name="Domain">The prepared domain of <c>to</c>; the front end has checked that it is served.</param>
/// <param name="RequestHost">The host by which the client reached the front end, if it said so; advertised when the node has no public name of its own.</param>
/// <param name="IsEncrypted">The client's connection was encrypted.</param>
/// <param name="ClientAddress">The client's IP address.</param>
/// <param name="IsLoopback">The client is on the front end's machine, with no proxy between.</param>
[GenerateSerializer, Alias("bosh-creation"), Immutable]
public sealed record BoshCreation(
    [property: Id(0)] BoshBody Body,
    [property: Id(1)] string Sid,
    [property: Id(2)] string Domain,
    [property: Id(3)] string? RequestHost,
    [property: Id(4)] bool IsEncrypted,
    [property: Id(5)] string ClientAddress,
    [property: Id(6)] bool IsLoopback);

/// <summary>What became of a request.</summary>
public enum BoshReplyKind
{
    Answered,

    /// <summary>The session moves: repeat the call, it will find the new owner.</summary>
    Moved,

    /// <summary>The request may not be answered: close the connection, the session is untouched (B-SEC-02).</summary>
    Refused,

    /// <summary>There is no such session any more: answer <c>item-not-found</c>, within the bounds of its client's address.</summary>
    Gone,

    /// <summary>The client left while its request was held; nobody waits for this reply.</summary>
    ClientGone,
}

/// <summary>The result of a call; protocol errors are answers, too.</summary>
[GenerateSerializer, Alias("bosh-reply"), Immutable]
public readonly record struct BoshReply([property: Id(0)] BoshReplyKind Kind, [property: Id(1)] BoshAnswer? Answer)
{
    public static readonly BoshReply Moved = new(BoshReplyKind.Moved, null);
    public static readonly BoshReply Refused = new(BoshReplyKind.Refused, null);
    public static readonly BoshReply Gone = new(BoshReplyKind.Gone, null);
    public static readonly BoshReply ClientGone = new(BoshReplyKind.ClientGone, null);

    public static BoshReply Of(BoshAnswer answer) => new(BoshReplyKind.Answered, answer);
}
