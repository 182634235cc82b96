using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>What a request is for, as its attributes say; a repeat is of the same kind as the first.</summary>
internal enum BoshRequestKind
{
    Creation,
    Terminate,
    Pause,
    Restart,
    Payload,

    /// <summary>Nothing but an open request to answer.</summary>
    Empty,
}

internal static class BoshRequestKinds
{
    /// <summary>The kind of a request of an open session.</summary>
    public static BoshRequestKind KindOf(BoshBody body) => body switch
    {
        { Type: "terminate" or "terminal" } => BoshRequestKind.Terminate, // the second is gloox (B-TERM-06)
        { Pause: not null } => BoshRequestKind.Pause,
        { Restart: true } => BoshRequestKind.Restart,
        { Payloads.Count: > 0 } => BoshRequestKind.Payload,
        _ => BoshRequestKind.Empty,
    };
}
