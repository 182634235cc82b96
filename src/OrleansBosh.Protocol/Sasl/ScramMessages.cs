using System.Buffers;

namespace OrleansBosh.Protocol.Sasl;

/// <summary>client-first-message (RFC 5802 §7).</summary>
/// <param name="Gs2Header">The part up to and with the second comma, as the client wrote it.</param>
/// <param name="Bare">The rest, as the client wrote it; it is part of what both sides sign.</param>
/// <param name="Authzid">The authorization identity, decoded; empty for none.</param>
/// <param name="Username">The user name, decoded.</param>
/// <param name="Nonce">The client's nonce.</param>
internal sealed record ScramClientFirst(string Gs2Header, string Bare, string Authzid, string Username, string Nonce)
{
    /// <summary>Null when malformed.</summary>
    public static ScramClientFirst? TryRead(string text)
    {
        // B-EXT-02: n (client cannot bind) and y (it could, but believes that we cannot: right) are fine. p= has no place in a
        // mechanism without -PLUS.
        if (!text.StartsWith("n,", StringComparison.Ordinal) && !text.StartsWith("y,", StringComparison.Ordinal)) return null;
        var second = text.IndexOf(',', 2);
        if (second < 0) return null;
        var authzid = text[2..second];
        if (authzid.Length > 0)
        {
            if (!authzid.StartsWith("a=", StringComparison.Ordinal) || ScramAttribute.Name(authzid[2..]) is not { } name) return null;
            authzid = name;
        }

        // A mandatory extension would stand before the name ("m="); we know none, so it fails here, as it must.
        var bare = text[(second + 1)..];
        var attributes = bare.Split(',');
        if (attributes.Length < 2) return null;
        if (ScramAttribute.Value(attributes[0], 'n') is not { } saslName || ScramAttribute.Name(saslName) is not { } username) return null;
        if (ScramAttribute.Value(attributes[1], 'r') is not { } nonce || !ScramAttribute.IsNonce(nonce)) return null;
        if (!attributes.Skip(2).All(ScramAttribute.IsExtension)) return null;
        return new(text[..(second + 1)], bare, authzid, username, nonce);
    }
}

/// <summary>client-final-message (RFC 5802 §7).</summary>
/// <param name="WithoutProof">All before the proof, as the client wrote it; it is part of what both sides sign.</param>
/// <param name="Binding">The channel binding data; null when it is no base64.</param>
/// <param name="Nonce">Must be the nonce of the server's message.</param>
/// <param name="Proof">ClientProof; null when it is no base64.</param>
internal sealed record ScramClientFinal(string WithoutProof, byte[]? Binding, string Nonce, byte[]? Proof)
{
    /// <summary>Null when malformed.</summary>
    public static ScramClientFinal? TryRead(string text)
    {
        var attributes = text.Split(',');
        if (attributes.Length < 3) return null;
        if (ScramAttribute.Value(attributes[0], 'c') is not { } binding) return null;
        if (ScramAttribute.Value(attributes[1], 'r') is not { } nonce || !ScramAttribute.IsNonce(nonce)) return null;
        if (ScramAttribute.Value(attributes[^1], 'p') is not { } proof) return null;
        if (!attributes[2..^1].All(ScramAttribute.IsExtension)) return null;
        return new(text[..text.LastIndexOf(',')], ScramAttribute.Base64(binding), nonce, ScramAttribute.Base64(proof));
    }
}

/// <summary>The small grammar of both messages (RFC 5802 §5.1, §7).</summary>
internal static class ScramAttribute
{
    private const int MaxNonceLength = 1024;
    private static readonly SearchValues<char> Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The text behind <c>x=</c>, or null when the attribute is another one.</summary>
    public static string? Value(string attribute, char name) =>
        attribute.Length >= 2 && attribute[0] == name && attribute[1] == '=' ? attribute[2..] : null;

    /// <summary>An optional extension: signed, otherwise ignored. <c>m=</c> is mandatory by definition, and unknown to us.</summary>
    public static bool IsExtension(string attribute) =>
        attribute.Length >= 3 && Letters.Contains(attribute[0]) && attribute[0] != 'm' && attribute[1] == '='
        && !attribute.Contains('\0', StringComparison.Ordinal);

    /// <summary>Decodes a saslname: <c>=2C</c> is a comma, <c>=3D</c> an equals sign, any other <c>=</c> an error (null).</summary>
    public static string? Name(string text)
    {
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal)) return null;
        var pieces = text.Split('=');
        for (var i = 1; i < pieces.Length; i++)
        {
            if (pieces[i].StartsWith("2C", StringComparison.Ordinal)) pieces[i] = "," + pieces[i][2..];
            else if (pieces[i].StartsWith("3D", StringComparison.Ordinal)) pieces[i] = "=" + pieces[i][2..];
            else return null;
        }

        return string.Concat(pieces);
    }

    /// <summary>Printable ASCII without the comma.</summary>
    public static bool IsNonce(string text) => text.Length is > 0 and <= MaxNonceLength && text.All(c => c is > ' ' and <= '~' and not ',');

    /// <summary>Strict base64: no white space, padding complete; else null.</summary>
    public static byte[]? Base64(string text)
    {
        var bytes = new byte[text.Length];
        if (text.Any(char.IsWhiteSpace) || !Convert.TryFromBase64String(text, bytes, out var count)) return null;
        return bytes[..count];
    }
}
