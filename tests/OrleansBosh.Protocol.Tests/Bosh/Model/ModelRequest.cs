using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Protocol.Tests.Bosh.Model;

/// <summary>A request as its client knows it: one rid, one body, sent as often as it takes.</summary>
internal sealed class ModelRequest(BoshBody body)
{
    public BoshBody Body { get; } = body;

    public long Rid => Body.Rid;

    public bool IsPause => Body.Pause is not null;

    public int Sends { get; set; }

    /// <summary>
    /// When it was sent first, or repeated so that it arrived. Repeats that may still be on their way do not count: a client that counts
    /// them could leave a gap open for longer than the server waits (B-RID-09).
    /// </summary>
    public DateTimeOffset SentAt { get; set; }

    /// <summary>What the client read; null while it waits.</summary>
    public BoshAnswer? Received { get; set; }

    public override string ToString() =>
        $"Q({Rid - SessionScript.R0}) type={Body.Type} pause={Body.Pause} ack={Body.Ack} restart={Body.Restart} payload={Body.Payloads.Count}";
}

internal enum AttemptPlace
{
    OnTheWayToServer,
    AtServer,
    OnTheWayToClient,
    Gone,
}

/// <summary>One HTTP request: a request on one connection.</summary>
internal sealed class Attempt(ModelRequest request)
{
    public ModelRequest Request { get; } = request;

    public AttemptPlace Place { get; set; }

    /// <summary>The client still listens on this connection.</summary>
    public bool IsHeard { get; set; } = true;

    public long Ticket { get; set; }

    /// <summary>From when on the server can answer it: it is there, and so is everything before it.</summary>
    public DateTimeOffset? AnswerableSince { get; set; }

    public BoshAnswer? Answer { get; set; }
}
