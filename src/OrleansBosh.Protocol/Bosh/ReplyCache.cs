using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>An answer that may have to be sent again.</summary>
internal sealed class CachedReply(
    long rid, BoshAnswer answer, string? key, DateTimeOffset sentAt, IReadOnlyList<Stanza> stanzas, long highestReceived)
{
    public long Rid { get; } = rid;

    public BoshAnswer Answer { get; } = answer;

    public string? Key { get; } = key;

    /// <summary>When it was sent last.</summary>
    public DateTimeOffset SentAt { get; set; } = sentAt;

    public int Repeats { get; set; }

    /// <summary>What it carries, for the case that its client turns out to have gone (B-INACT-04).</summary>
    public IReadOnlyList<Stanza> Stanzas { get; } = stanzas;

    /// <summary>The highest rid that had come when it was sent last; a client that sends a higher one has gone on from this answer.</summary>
    public long HighestReceived { get; set; } = highestReceived;
}

/// <summary>
/// The answers that a client may ask for again: without acknowledgements exactly the last <c>requests</c> (B-RTX-02), with them all that
/// are unacknowledged, within bounds (B-ACK-06).
/// </summary>
internal sealed class ReplyCache(int maxCount, int maxBytes)
{
    private readonly Queue<CachedReply> _replies = new();
    private int _bytes;

    public IReadOnlyCollection<CachedReply> Replies => _replies;

    public void Add(CachedReply reply)
    {
        _replies.Enqueue(reply);
        _bytes += reply.Answer.Entity.Length;
        // The newest one stays whatever its size: it is the one that a broken connection loses.
        while (_replies.Count > maxCount || (_bytes > maxBytes && _replies.Count > 1)) RemoveOldest();
    }

    public CachedReply? Find(long rid)
    {
        foreach (var reply in _replies)
        {
            if (reply.Rid == rid) return reply;
        }

        return null;
    }

    /// <summary>Forgets what the client has acknowledged (B-ACK-05).</summary>
    public void Acknowledge(long rid)
    {
        while (_replies.TryPeek(out var oldest) && oldest.Rid <= rid) RemoveOldest();
    }

    public void Clear()
    {
        _replies.Clear();
        _bytes = 0;
    }

    private void RemoveOldest() => _bytes -= _replies.Dequeue().Answer.Entity.Length;
}
