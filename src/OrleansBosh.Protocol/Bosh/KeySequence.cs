using System.Security.Cryptography;
using System.Text;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>Key sequencing of XEP-0124 §15: each request proves that it comes from whoever sent the one before.</summary>
internal sealed class KeySequence(string? expected)
{
    /// <summary>The hash that the next key must have, as the client wrote it; null when keys are not in use.</summary>
    public string? Expected { get; private set; } = expected;

    /// <summary>Checks the keys of the next request in rid order (B-KEY-01, B-KEY-02).</summary>
    public bool Accept(string? key, string? newKey)
    {
        if (Expected is null) return true;
        if (key is null || !HashOf(key).Equals(Expected, StringComparison.OrdinalIgnoreCase)) return false;
        Expected = newKey ?? key;
        return true;
    }

    /// <summary>A repeat must carry the key of the original request (B-KEY-03); without keys in use, keys mean nothing.</summary>
    public bool AcceptRepeat(string? original, string? repeated) => Expected is null || original == repeated;

    // The XEP prescribes SHA-1; nothing else would be understood.
#pragma warning disable CA5350
    private static string HashOf(string key) => Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(key)));
#pragma warning restore CA5350
}
