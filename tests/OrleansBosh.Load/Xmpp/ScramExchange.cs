using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansBosh.Load.Xmpp;

/// <summary>SCRAM (RFC 5802, RFC 7677) without channel binding. The password is used as it is, without SASLprep.</summary>
public sealed class ScramExchange : ISaslExchange
{
    private const string Gs2Header = "n,,";

    private readonly HashAlgorithmName _hash;
    private readonly int _hashBytes;
    private readonly byte[] _password;
    private readonly string _nonce;
    private readonly string _firstBare;
    private byte[]? _expectedSignature;
    private bool _isProven;

    /// <param name="mechanism">SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512.</param>
    /// <param name="user">The name before the @.</param>
    /// <param name="password">The password.</param>
    /// <param name="nonce">The client's nonce; null draws one. Given by tests with known vectors.</param>
    public ScramExchange(string mechanism, string user, string password, string? nonce = null)
    {
        (_hash, _hashBytes) = mechanism switch
        {
            "SCRAM-SHA-1" => (HashAlgorithmName.SHA1, 20),
            "SCRAM-SHA-256" => (HashAlgorithmName.SHA256, 32),
            "SCRAM-SHA-512" => (HashAlgorithmName.SHA512, 64),
            _ => throw new ArgumentException($"'{mechanism}' is not a SCRAM mechanism that this client knows."),
        };
        _password = Encoding.UTF8.GetBytes(password);
        _nonce = nonce ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
        var name = user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);
        _firstBare = $"n={name},r={_nonce}";
    }

    public string First() => Gs2Header + _firstBare;

    public string Respond(string challenge)
    {
        // A server may send its signature in a last challenge instead of in the success; the answer to that is empty.
        if (_expectedSignature is not null)
        {
            Finish(challenge);
            return "";
        }

        var nonce = Field(challenge, 0, "r=");
        var salt = FromBase64(Field(challenge, 1, "s="));
        if (!int.TryParse(Field(challenge, 2, "i="), NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations < 1)
            throw Malformed(challenge);
        if (!nonce.StartsWith(_nonce, StringComparison.Ordinal) || nonce.Length == _nonce.Length)
            throw new LoginException("scram-nonce", "the server's nonce does not begin with ours or adds nothing to it");

        var finalBare = $"c={Convert.ToBase64String(Encoding.UTF8.GetBytes(Gs2Header))},r={nonce}";
        var authMessage = Encoding.UTF8.GetBytes($"{_firstBare},{challenge},{finalBare}");
        var salted = Rfc2898DeriveBytes.Pbkdf2(_password, salt, iterations, _hash, _hashBytes);
        var clientKey = Hmac(salted, "Client Key"u8);
        var proof = Hmac(CryptographicOperations.HashData(_hash, clientKey), authMessage);
        for (var i = 0; i < proof.Length; i++)
            proof[i] ^= clientKey[i];
        _expectedSignature = Hmac(Hmac(salted, "Server Key"u8), authMessage);
        return $"{finalBare},p={Convert.ToBase64String(proof)}";
    }

    public void Finish(string? additionalData)
    {
        // Empty data is right only if the signature came in a challenge before, and was checked then.
        if (string.IsNullOrEmpty(additionalData) && _isProven)
            return;
        var signature = FromBase64(Field(additionalData ?? "", 0, "v="));
        if (_expectedSignature is null || !CryptographicOperations.FixedTimeEquals(signature, _expectedSignature))
            throw new LoginException("scram-signature", "the server does not know the password");
        _isProven = true;
    }

    private byte[] Hmac(byte[] key, ReadOnlySpan<byte> text) => CryptographicOperations.HmacData(_hash, key, text);

    private static string Field(string message, int index, string prefix)
    {
        var fields = message.Split(',');
        return index < fields.Length && fields[index].StartsWith(prefix, StringComparison.Ordinal)
            ? fields[index][prefix.Length..]
            : throw Malformed(message);
    }

    private static byte[] FromBase64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw Malformed(text);
        }
    }

    private static LoginException Malformed(string message) => new("scram-syntax", $"'{message}'");
}
