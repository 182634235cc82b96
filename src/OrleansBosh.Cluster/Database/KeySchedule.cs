using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Database;

/// <summary>One secret as stored; its bytes are in no log.</summary>
internal sealed record StoredSecret(byte Number, byte[] Secret, DateTimeOffset CreatedAt);

/// <summary>
/// When a key of session ids is used. Two are valid at once. For <see cref="Grace"/> a new one is only accepted, so that every node has
/// read it before a client can show an id made with it; from then on it makes the ids, and the one before is accepted until the next
/// rotation.
/// </summary>
internal static class KeySchedule
{
    /// <summary>Several times as long as a node takes to read a new key; clocks may differ by seconds.</summary>
    public static readonly TimeSpan Grace = 4 * ClusterSecrets.RefreshPeriod;

    /// <param name="keys">All of them, the newest first, at least one.</param>
    /// <param name="now">The time of this node.</param>
    public static (SessionIdKey Current, SessionIdKey? Other) Choose(IReadOnlyList<StoredSecret> keys, DateTimeOffset now)
    {
        var newest = ToKey(keys[0]);
        if (keys.Count == 1) return (newest, null);
        var before = ToKey(keys[1]);
        return IsInForce(keys[0], now) ? (newest, before) : (before, newest);
    }

    /// <summary>Whether a key that was made as a successor makes the ids.</summary>
    public static bool IsInForce(StoredSecret key, DateTimeOffset now) => now - key.CreatedAt >= Grace;

    private static SessionIdKey ToKey(StoredSecret secret) => new(secret.Number, secret.Secret);
}
