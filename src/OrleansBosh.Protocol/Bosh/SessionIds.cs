using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>One key for the MAC of session ids; <paramref name="Number"/> says which one made a sid.</summary>
public sealed record SessionIdKey(byte Number, byte[] Secret);

/// <summary>
/// Makes and checks session ids: base64url of 16 random bytes, the key's number and a 16-byte MAC. A sid is checked before any grain is
/// called, because a virtual grain would come to life for every key that somebody makes up. The grain's key is the random part alone, so
/// the whole secret stands in no log.
/// </summary>
public sealed class SessionIds
{
    private const int RandomBytes = 16;
    private const int MacBytes = 16;
    private const int TotalBytes = RandomBytes + 1 + MacBytes;
    private const int TextLength = 44;

    // Replaced as a whole while other threads read: whoever makes or checks an id takes it once.
    private volatile Keys _keys;

    /// <param name="current">Makes new ids.</param>
    /// <param name="other">Accepted as well, for rotation: the one before, or the one to come; or null.</param>
    public SessionIds(SessionIdKey current, SessionIdKey? other = null) => _keys = new(current, other);

    /// <summary>A key that lives as long as this process, for a node without a cluster.</summary>
    public static SessionIds WithRandomKey() => new(new(0, RandomNumberGenerator.GetBytes(32)));

    /// <summary>Goes on with other keys.</summary>
    public void Use(SessionIdKey current, SessionIdKey? other) => _keys = new(current, other);

    /// <summary>A new session id (B-CRE-02).</summary>
    /// <returns>The sid for the client, and the key of the session's grain.</returns>
    public (string Sid, Guid Id) Create()
    {
        var key = _keys.Current;
        Span<byte> bytes = stackalloc byte[TotalBytes];
        RandomNumberGenerator.Fill(bytes[..RandomBytes]);
        bytes[RandomBytes] = key.Number;
        Mac(key.Secret, bytes[..(RandomBytes + 1)], bytes[(RandomBytes + 1)..]);
        return (Base64Url.EncodeToString(bytes), new Guid(bytes[..RandomBytes]));
    }

    /// <summary>Whether this sid was made by this cluster; it says nothing about whether the session lives.</summary>
    public bool TryRead([NotNullWhen(true)] string? sid, out Guid id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[TotalBytes];
        if (!TryDecode(sid, bytes)) return false;
        var key = _keys.Find(bytes[RandomBytes]);
        if (key is null) return false;
        Span<byte> mac = stackalloc byte[MacBytes];
        Mac(key.Secret, bytes[..(RandomBytes + 1)], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[(RandomBytes + 1)..])) return false;
        id = new Guid(bytes[..RandomBytes]);
        return true;
    }

    /// <summary>The key of the session's grain that a sid names, without a check of who made it.</summary>
    /// <returns>False when it has not the form of a sid, or its key is none of ours (any more).</returns>
    public bool TryReadUnchecked([NotNullWhen(true)] string? sid, out Guid id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[TotalBytes];
        if (!TryDecode(sid, bytes) || _keys.Find(bytes[RandomBytes]) is null) return false;
        id = new Guid(bytes[..RandomBytes]);
        return true;
    }

    /// <summary>Whether these are one sid; how long it takes says nothing of how much of it is right.</summary>
    public static bool AreEqual(string? known, string? given) =>
        known is not null && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(known.AsSpan()), MemoryMarshal.AsBytes(given.AsSpan()));

    /// <summary>Whether this has the form of a sid and names a key that is not known here: another node may have it.</summary>
    public bool HasUnknownKey([NotNullWhen(true)] string? sid)
    {
        Span<byte> bytes = stackalloc byte[TotalBytes];
        return TryDecode(sid, bytes) && _keys.Find(bytes[RandomBytes]) is null;
    }

    private static bool TryDecode([NotNullWhen(true)] string? sid, Span<byte> bytes)
    {
        if (sid is not { Length: TextLength } || !Ascii.IsValid(sid)) return false;
        // Not TryDecodeFromChars: it throws on characters outside the alphabet.
        return Base64Url.DecodeFromChars(sid, bytes, out _, out var written) == OperationStatus.Done && written == TotalBytes;
    }

    private static void Mac(byte[] secret, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, data, hash);
        hash[..MacBytes].CopyTo(destination);
    }

    private sealed record Keys(SessionIdKey Current, SessionIdKey? Other)
    {
        public SessionIdKey? Find(byte number) => number == Current.Number ? Current : number == Other?.Number ? Other : null;
    }
}
