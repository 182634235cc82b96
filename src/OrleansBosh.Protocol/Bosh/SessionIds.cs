using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
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

    private readonly SessionIdKey _current;
    private readonly SessionIdKey? _previous;

    /// <param name="current">Makes new ids.</param>
    /// <param name="previous">Still accepted, for rotation; or null.</param>
    public SessionIds(SessionIdKey current, SessionIdKey? previous = null)
    {
        _current = current;
        _previous = previous;
    }

    /// <summary>A key that lives as long as this process, for a node without a cluster.</summary>
    public static SessionIds WithRandomKey() => new(new(0, RandomNumberGenerator.GetBytes(32)));

    /// <summary>A new session id (B-CRE-02).</summary>
    /// <returns>The sid for the client, and the key of the session's grain.</returns>
    public (string Sid, Guid Id) Create()
    {
        Span<byte> bytes = stackalloc byte[TotalBytes];
        RandomNumberGenerator.Fill(bytes[..RandomBytes]);
        bytes[RandomBytes] = _current.Number;
        Mac(_current.Secret, bytes[..(RandomBytes + 1)], bytes[(RandomBytes + 1)..]);
        return (Base64Url.EncodeToString(bytes), new Guid(bytes[..RandomBytes]));
    }

    /// <summary>Whether this sid was made by this cluster; it says nothing about whether the session lives.</summary>
    public bool TryRead([NotNullWhen(true)] string? sid, out Guid id)
    {
        id = default;
        if (sid is not { Length: TextLength } || !Ascii.IsValid(sid)) return false;
        Span<byte> bytes = stackalloc byte[TotalBytes];
        // Not TryDecodeFromChars: it throws on characters outside the alphabet.
        var status = Base64Url.DecodeFromChars(sid, bytes, out _, out var written);
        if (status != OperationStatus.Done || written != TotalBytes) return false;
        var number = bytes[RandomBytes];
        var key = number == _current.Number ? _current : number == _previous?.Number ? _previous : null;
        if (key is null) return false;
        Span<byte> mac = stackalloc byte[MacBytes];
        Mac(key.Secret, bytes[..(RandomBytes + 1)], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[(RandomBytes + 1)..])) return false;
        id = new Guid(bytes[..RandomBytes]);
        return true;
    }

    private static void Mac(byte[] secret, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, data, hash);
        hash[..MacBytes].CopyTo(destination);
    }
}
