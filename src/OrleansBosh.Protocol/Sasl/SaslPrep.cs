using System.Diagnostics.CodeAnalysis;

namespace OrleansBosh.Protocol.Sasl;

/// <summary>
/// Preparation of passwords (SASLprep, RFC 4013). ASCII is handled as the RFC says; other characters pass through unchanged, without
/// the mappings and NFKC of the RFC. A client that does those gets the same bytes as long as the password was in that form already,
/// which is what keyboards produce.
/// </summary>
public static class SaslPrep
{
    /// <summary>Longest password in UTF-16 units: far above any sensible one, and PLAIN can carry every password there is.</summary>
    public const int MaxPasswordLength = 1024;

    /// <summary>False when the text cannot be a password: empty, too long, with control characters or half a surrogate pair.</summary>
    public static bool TryPreparePassword(string text, [NotNullWhen(true)] out string? password)
    {
        password = null;
        if (text.Length is 0 or > MaxPasswordLength) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i])) return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsSurrogatePair(text, i)) return false;
            i++;
        }

        password = text;
        return true;
    }
}
