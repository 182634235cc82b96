using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Remembers which sessions got copies of the same message, because one of them may prove gone later: its copy then needs no new
/// receiver, or the others would see the message twice. Bounded: the oldest are forgotten, and at worst somebody sees one again.
/// </summary>
internal sealed class SharedCopies(int capacity = 256)
{
    private readonly Dictionary<Key, Guid[]> _sessions = [];
    private readonly Queue<Key> _byAge = new();

    public void Remember(Stanza message, Guid[] sessions)
    {
        var key = Key.Of(message);
        if (!_sessions.TryAdd(key, sessions))
        {
            _sessions[key] = sessions;
            return;
        }

        _byAge.Enqueue(key);
        if (_byAge.Count > capacity) _sessions.Remove(_byAge.Dequeue());
    }

    /// <summary>The sessions that got this message; empty when it went to one only, or is forgotten.</summary>
    public IReadOnlyList<Guid> HoldersOf(Stanza message) => _sessions.GetValueOrDefault(Key.Of(message)) ?? [];

    /// <summary>The bytes are the same wherever the stanza has been, so a hash of them identifies it together with sender and id.</summary>
    private readonly record struct Key(string? From, string? Id, int Length, int Hash)
    {
        public static Key Of(Stanza message)
        {
            var hash = new HashCode();
            hash.AddBytes(message.Bytes.Span);
            return new(message.From, message.Id, message.Bytes.Length, hash.ToHashCode());
        }
    }
}
