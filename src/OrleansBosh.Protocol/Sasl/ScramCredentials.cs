using System.Security.Cryptography;

namespace OrleansBosh.Protocol.Sasl;

/// <summary>The keys of one hash function (RFC 5802 §3); the password cannot be computed from them.</summary>
public sealed record ScramKeys(byte[] Salt, int Iterations, byte[] StoredKey, byte[] ServerKey);

/// <summary>All that is kept of a password: one set of keys for each hash that the server offers.</summary>
public sealed record ScramCredentials(ScramKeys Sha1, ScramKeys Sha256, ScramKeys Sha512)
{
    public const int DefaultIterations = 10_000;

    /// <summary>RFC 7677 §4 wants at least this many.</summary>
    public const int MinIterations = 4096;

    /// <summary>Computes the keys of a password, each with a salt of its own. Takes tens of milliseconds: not on a grain's turn.</summary>
    /// <param name="password">The password; check what a person typed with <see cref="SaslPrep.TryPreparePassword"/> first.</param>
    /// <param name="iterations">At least <see cref="MinIterations"/>.</param>
    /// <param name="randomBytes">Makes that many random bytes; null for the system's generator.</param>
    /// <exception cref="ArgumentException">The text cannot be a password.</exception>
    public static ScramCredentials FromPassword(string password, int iterations, Func<int, byte[]>? randomBytes = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, MinIterations);
        if (!SaslPrep.TryPreparePassword(password, out var prepared))
        {
            throw new ArgumentException("A password must not be empty, very long or contain control characters.", nameof(password));
        }

        randomBytes ??= RandomNumberGenerator.GetBytes;
        return new(KeysOf(ScramHash.Sha1), KeysOf(ScramHash.Sha256), KeysOf(ScramHash.Sha512));

        ScramKeys KeysOf(ScramHash hash) => hash.KeysFrom(prepared, randomBytes(ScramHash.SaltSize), iterations);
    }

    /// <summary>Whether this is the password behind the keys. Takes milliseconds, by design.</summary>
    public bool Verify(string password) =>
        SaslPrep.TryPreparePassword(password, out var prepared) && ScramHash.Sha256.Verify(prepared, Sha256);
}
