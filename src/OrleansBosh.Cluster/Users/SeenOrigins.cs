using OrleansBosh.Cluster.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Recognizes stanzas that a restored session sends again. A session's stanzas arrive in order, so its last one says it all. Bounded: of
/// many senders the one that has been silent for longest is forgotten.
/// </summary>
internal sealed class SeenOrigins(int capacity = 512)
{
    private readonly Dictionary<Guid, LinkedListNode<StanzaOrigin>> _last = [];
    private readonly LinkedList<StanzaOrigin> _byAge = new();

    /// <summary>The last stanza of each sender, the oldest first.</summary>
    public IEnumerable<StanzaOrigin> Origins => _byAge;

    public bool IsRepeat(StanzaOrigin origin) =>
        _last.TryGetValue(origin.SessionId, out var last) && (origin.Rid, origin.Index).CompareTo((last.Value.Rid, last.Value.Index)) <= 0;

    public void Remember(StanzaOrigin origin)
    {
        // What servers send by themselves has no origin, and is never repeated.
        if (origin.SessionId == Guid.Empty) return;
        if (_last.Remove(origin.SessionId, out var old)) _byAge.Remove(old);
        _last[origin.SessionId] = _byAge.AddLast(origin);
        if (_last.Count <= capacity) return;
        _last.Remove(_byAge.First!.Value.SessionId);
        _byAge.RemoveFirst();
    }
}
