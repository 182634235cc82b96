using System.Security.Cryptography;
using System.Text;

namespace OrleansBosh.Protocol.Sasl;

/// <summary>The arithmetic of SCRAM (RFC 5802 §3, RFC 7677) with one hash function; the names are those of the RFC.</summary>
internal sealed class ScramHash
{
    /// <summary>Bytes of a salt that we make, and so of a decoy.</summary>
    public const int SaltSize = 16;

    public static readonly ScramHash Sha1 = new("SCRAM-SHA-1", HashAlgorithmName.SHA1, 20, credentials => credentials.Sha1);
    public static readonly ScramHash Sha256 = new("SCRAM-SHA-256", HashAlgorithmName.SHA256, 32, credentials => credentials.Sha256);
    public static readonly ScramHash Sha512 = new("SCRAM-SHA-512", HashAlgorithmName.SHA512, 64, credentials => credentials.Sha512);

    /// <summary>Strongest first.</summary>
    public static readonly IReadOnlyList<ScramHash> All = [Sha512, Sha256, Sha1];

    private readonly HashAlgorithmName _algorithm;
    private readonly int _size;
    private readonly Func<ScramCredentials, ScramKeys> _keysOf;

    private ScramHash(string mechanism, HashAlgorithmName algorithm, int size, Func<ScramCredentials, ScramKeys> keysOf)
    {
        Mechanism = mechanism;
        _algorithm = algorithm;
        _size = size;
        _keysOf = keysOf;
    }

    /// <summary>The SASL mechanism that uses this function.</summary>
    public string Mechanism { get; }

    /// <summary>The function of a mechanism, or null when that is not SCRAM.</summary>
    public static ScramHash? Of(string mechanism) => All.FirstOrDefault(hash => hash.Mechanism == mechanism);

    public ScramKeys KeysOf(ScramCredentials credentials) => _keysOf(credentials);

    /// <summary>Computes the keys of a prepared password. Takes milliseconds, by design.</summary>
    public ScramKeys KeysFrom(string password, byte[] salt, int iterations)
    {
        var salted = SaltedPassword(password, salt, iterations);
        return new(salt, iterations, StoredKey(salted), Hmac(salted, "Server Key"u8));
    }

    /// <summary>Whether this is the password behind the keys (for PLAIN). Takes milliseconds, by design.</summary>
    public bool Verify(string password, ScramKeys keys) =>
        CryptographicOperations.FixedTimeEquals(StoredKey(SaltedPassword(password, keys.Salt, keys.Iterations)), keys.StoredKey);

    /// <summary>Whether the proof can only come from someone who knows the password, or ClientKey.</summary>
    public bool Verify(ReadOnlySpan<byte> proof, string authMessage, ScramKeys keys)
    {
        if (proof.Length != _size) return false;
        var clientKey = Hmac(keys.StoredKey, Encoding.UTF8.GetBytes(authMessage));
        for (var i = 0; i < _size; i++) clientKey[i] ^= proof[i];
        return CryptographicOperations.FixedTimeEquals(CryptographicOperations.HashData(_algorithm, clientKey), keys.StoredKey);
    }

    /// <summary>ServerSignature: proves to the client that the server has the account's keys.</summary>
    public byte[] Sign(string authMessage, ScramKeys keys) => Hmac(keys.ServerKey, Encoding.UTF8.GetBytes(authMessage));

    /// <summary>
    /// Keys for an account that does not exist. They are the same for a name each time, and nobody can tell them from stored ones
    /// without the secret; no password fits them.
    /// </summary>
    public ScramKeys Decoy(byte[] secret, string account, int iterations)
    {
        byte[] Derive(string purpose) => HMACSHA512.HashData(secret, Encoding.UTF8.GetBytes($"{purpose}\0{Mechanism}\0{account}"));
        return new(Derive("salt")[..SaltSize], iterations, Derive("stored key")[.._size], Derive("server key")[.._size]);
    }

    private byte[] SaltedPassword(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, _algorithm, _size);

    private byte[] StoredKey(byte[] saltedPassword) =>
        CryptographicOperations.HashData(_algorithm, Hmac(saltedPassword, "Client Key"u8));

    private byte[] Hmac(byte[] key, ReadOnlySpan<byte> data) => CryptographicOperations.HmacData(_algorithm, key, data);
}
