using System.Security.Cryptography;
using System.Text;

namespace OrleansBosh.Protocol.Tests;

/// <summary>The client side of SCRAM, written from RFC 5802 without the server's code, with ways to get it wrong.</summary>
internal sealed class ScramClient(string mechanism, string username, string password, string nonce)
{
    private readonly HashAlgorithmName _hash = mechanism switch
    {
        "SCRAM-SHA-1" => HashAlgorithmName.SHA1,
        "SCRAM-SHA-256" => HashAlgorithmName.SHA256,
        _ => HashAlgorithmName.SHA512,
    };

    public string Mechanism { get; } = mechanism;

    public string Gs2 { get; init; } = "n,,";

    /// <summary>What to send as channel binding in place of the gs2 header.</summary>
    public string? Binding { get; init; }

    /// <summary>Appended to the nonce of the last message.</summary>
    public string NonceTail { get; init; } = "";

    public string FirstExtension { get; init; } = "";

    public string FinalExtension { get; init; } = "";

    /// <summary>What the server must send with its success, once the last message is made.</summary>
    public byte[] ExpectedSuccess { get; private set; } = [];

    private string FirstBare => $"n={username},r={nonce}{FirstExtension}";

    public byte[] First() => Encoding.UTF8.GetBytes(Gs2 + FirstBare);

    public byte[] Final(byte[] challenge)
    {
        var serverFirst = Encoding.UTF8.GetString(challenge);
        var parts = serverFirst.Split(',');
        Assert.StartsWith("r=" + nonce, parts[0], StringComparison.Ordinal);
        var salt = Convert.FromBase64String(parts[1][2..]);
        var iterations = int.Parse(parts[2][2..], System.Globalization.CultureInfo.InvariantCulture);

        var binding = Binding ?? Convert.ToBase64String(Encoding.UTF8.GetBytes(Gs2));
        var withoutProof = $"c={binding},{parts[0]}{NonceTail}{FinalExtension}";
        var authMessage = Encoding.UTF8.GetBytes($"{FirstBare},{serverFirst},{withoutProof}");

        var size = CryptographicOperations.HashData(_hash, []).Length;
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, _hash, size);
        var clientKey = CryptographicOperations.HmacData(_hash, salted, "Client Key"u8);
        var signature = CryptographicOperations.HmacData(_hash, CryptographicOperations.HashData(_hash, clientKey), authMessage);
        var proof = clientKey.Zip(signature, (a, b) => (byte)(a ^ b)).ToArray();

        var serverKey = CryptographicOperations.HmacData(_hash, salted, "Server Key"u8);
        var verifier = CryptographicOperations.HmacData(_hash, serverKey, authMessage);
        ExpectedSuccess = Encoding.UTF8.GetBytes($"v={Convert.ToBase64String(verifier)}");
        return Encoding.UTF8.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }
}
