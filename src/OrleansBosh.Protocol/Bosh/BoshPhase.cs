using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>The life of a session, in order.</summary>
internal enum BoshPhase : byte
{
    /// <summary>The backend is opening the stream; the creation request waits for its features.</summary>
    Creating,

    /// <summary>Authentication and binding.</summary>
    Negotiating,

    Established,

    /// <summary>The server's side has ended; the client fetches what is queued and is told why.</summary>
    Closing,

    /// <summary>Over for the client; late repeats are still answered until the grace is over.</summary>
    Ended,
}

/// <summary>The end that a client has not been told yet.</summary>
internal sealed record PendingEnd(BoshCondition Condition, Stanza? StreamError);

/// <summary>The latest request was a pause: it has no answer in the cache, and may be repeated all the same (B-PAUSE-06).</summary>
/// <param name="Length">The inactivity limit until the next request; zero for the usual one.</param>
/// <param name="Key">The key it carried.</param>
/// <param name="Repeats">How often it came again.</param>
internal sealed record LatestPause(TimeSpan Length, string? Key, int Repeats = 0);

/// <summary>What only the creation answer says.</summary>
internal sealed record CreationReply(string Sid, string Domain, long Rid);
