using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace OrleansBosh.Protocol.Xmpp;

/// <summary>
/// Brings the parts of an address into the form in which they are compared (RFC 7622 §3): UsernameCaseMapped, IDNA U-labels,
/// OpaqueString. P-RT-10.
/// </summary>
/// <remarks>
/// The process runs without ICU and so without Unicode's normalization tables. A name that normalization could change is therefore
/// refused rather than taken as it is: two names that look alike and are one by the RFC must never be two accounts. The price is names
/// in scripts that need combining marks. Nothing is lost towards other servers, since all accounts are ours.
/// </remarks>
internal static class JidPreparation
{
    private const int MaxPartBytes = 1023;
    private static readonly SearchValues<char> ForbiddenInLocal = SearchValues.Create("\"&'/:<>@");
    private static readonly SearchValues<char> ForbiddenInDomain = SearchValues.Create("\"&'/<>@ ");
    private static readonly IdnMapping Idna = new();

    /// <summary>Compatibility characters and others that normalization replaces, first and last of each range.</summary>
    private static readonly (int First, int Last)[] Unstable =
    [
        (0x00AA, 0x00AA), (0x00BA, 0x00BA), (0x0132, 0x0133), (0x013F, 0x0140), (0x0149, 0x0149), (0x017F, 0x017F), (0x01C4, 0x01CC),
        (0x01F1, 0x01F3), (0x037A, 0x037A), (0x03D0, 0x03D6), (0x03F0, 0x03F5), (0x0587, 0x0587), (0x0675, 0x0678), (0x0958, 0x095F),
        (0x09DC, 0x09DF), (0x0A33, 0x0A36), (0x0A59, 0x0A5E), (0x0B5C, 0x0B5D), (0x0E33, 0x0E33), (0x0EB3, 0x0EB3), (0x0EDC, 0x0EDD),
        (0x0F43, 0x0F69), (0x1100, 0x11FF), (0x1E9A, 0x1E9B), (0x1F00, 0x1FFF), (0x2000, 0x2BFF), (0x3130, 0x318F), (0xA960, 0xA97F),
        (0xD7B0, 0xD7FF), (0xF900, 0xFDFF), (0xFE70, 0xFEFF), (0xFF00, 0xFFEF), (0x1D400, 0x1D7FF), (0x1EE00, 0x1EEFF), (0x2F800, 0x2FA1F),
    ];

    public static bool TryLocal(string text, [NotNullWhen(true)] out string? local)
    {
        local = null;
        if (!IsPart(text)) return false;
        var lower = (Ascii.IsValid(text) ? text : Replace(text, Narrow)).ToLowerInvariant();
        if (lower.AsSpan().ContainsAny(ForbiddenInLocal) || !IsIdentifier(lower) || !IsPart(lower)) return false;
        local = lower;
        return true;
    }

    public static bool TryDomain(string text, [NotNullWhen(true)] out string? domain)
    {
        domain = null;
        if (text.EndsWith('.')) text = text[..^1];
        if (!IsPart(text) || text.AsSpan().ContainsAny(ForbiddenInDomain)) return false;
        var lower = text.ToLowerInvariant();
        var isInternational = !Ascii.IsValid(lower) || lower.Contains("xn--", StringComparison.Ordinal);
        if (isInternational && !TryUnicodeLabels(lower, out lower)) return false;
        domain = lower;
        return true;
    }

    /// <summary>The case of a resource is significant, and so is nearly everything else.</summary>
    public static bool TryResource(string text, [NotNullWhen(true)] out string? resource)
    {
        resource = null;
        if (!IsPart(text)) return false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsFreeform(Rune.GetUnicodeCategory(rune))) return false;
        }

        resource = Ascii.IsValid(text) ? text : Replace(text, OneSpace);
        return true;
    }

    private static bool TryUnicodeLabels(string lower, out string domain)
    {
        domain = "";
        try
        {
            domain = Idna.GetUnicode(Idna.GetAscii(lower)).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            // The only way in which IdnMapping says that a label is too long or no punycode.
            return false;
        }

        return IsIdentifier(domain.Replace(".", "", StringComparison.Ordinal)) && IsPart(domain);
    }

    private static bool IsPart(string text)
    {
        if (text.Length is 0 or > MaxPartBytes) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsSurrogatePair(text, i)) return false;
            i++;
        }

        return text.Length * 3 <= MaxPartBytes || Encoding.UTF8.GetByteCount(text) <= MaxPartBytes;
    }

    /// <summary>PRECIS IdentifierClass (RFC 8264 §4.2) as far as it is stable under normalization, and the Bidi rule in short.</summary>
    private static bool IsIdentifier(string text)
    {
        bool hasRightToLeft = false, hasLeftToRight = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                if (rune.Value is <= ' ' or 0x7F) return false;
                hasLeftToRight |= Rune.IsLetter(rune);
                continue;
            }

            if (!IsStableLetterOrDigit(rune)) return false;
            var isRightToLeft = rune.Value is >= 0x0590 and <= 0x08FF;
            hasRightToLeft |= isRightToLeft;
            hasLeftToRight |= !isRightToLeft && Rune.IsLetter(rune);
        }

        return !(hasRightToLeft && hasLeftToRight);
    }

    private static bool IsStableLetterOrDigit(Rune rune)
    {
        foreach (var (first, last) in Unstable)
        {
            if (rune.Value >= first && rune.Value <= last) return false;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber => true,
            // Most are superscripts, which normalization replaces; those of Japanese are letters.
            UnicodeCategory.ModifierLetter => rune.Value is 0x3005 or 0x30FC,
            _ => false,
        };
    }

    /// <summary>PRECIS FreeformClass (RFC 8264 §4.3): all but what nobody can see.</summary>
    private static bool IsFreeform(UnicodeCategory category) => category is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static string Replace(string text, Func<char, char> map) => string.Create(text.Length, (text, map), static (target, source) =>
    {
        for (var i = 0; i < target.Length; i++) target[i] = source.map(source.text[i]);
    });

    /// <summary>OpaqueString maps every space to the one of ASCII.</summary>
    private static char OneSpace(char c) => char.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator ? ' ' : c;

    /// <summary>PRECIS width mapping: East Asian keyboards write ASCII in a wide form.</summary>
    private static char Narrow(char c) => c is >= '\uFF01' and <= '\uFF5E' ? (char)(c - 0xFEE0) : c;
}
