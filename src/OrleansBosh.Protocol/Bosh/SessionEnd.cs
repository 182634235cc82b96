namespace OrleansBosh.Protocol.Bosh;

/// <summary>What brought a session to its end.</summary>
public enum SessionEndCause
{
    /// <summary>The client said terminate.</summary>
    Client,

    /// <summary>The server's side: the backend closed the stream, or failed, or the node stops.</summary>
    Server,

    /// <summary>A request that broke a rule.</summary>
    Violation,

    /// <summary>The client was away for longer than it may, or did not come to hear of the end.</summary>
    Inactivity,

    /// <summary>The client did not log in and bind in time.</summary>
    Negotiation,

    /// <summary>A stanza larger than a client may send before it has logged in.</summary>
    StanzaBeforeLogin,

    /// <summary>A request that never came, while later ones waited for it.</summary>
    Gap,

    /// <summary>The client did not fetch what its own requests brought.</summary>
    Queue,
}

/// <summary>How a session ended, for who counts it.</summary>
/// <param name="Cause">What brought it about.</param>
/// <param name="Condition">What the client was told, or would have been had it still been there.</param>
public readonly record struct SessionEnd(SessionEndCause Cause, BoshCondition Condition);
