using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Http.Headers;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>What a creation request and the settings agreed on (XEP-0124 §7). Fixed for the life of the session.</summary>
/// <param name="Wait">How long a request may be held.</param>
/// <param name="Hold">The <c>hold</c> that the server keeps to and advertises.</param>
/// <param name="Requests">The width of the rid window: what the client asked to hold, plus one (B-ATT-04).</param>
/// <param name="Version">The <c>ver</c> to return.</param>
/// <param name="IsLegacy">The client sent no usable <c>ver</c> (B-ATT-06).</param>
/// <param name="ContentType">The Content-Type of every answer.</param>
/// <param name="ClientAcks">The client acknowledges answers (B-ACK-04).</param>
public sealed record BoshNegotiation(
    TimeSpan Wait, int Hold, int Requests, string Version, bool IsLegacy, string ContentType, bool ClientAcks)
{
    private const int MaxAskedHold = 10;
    private static readonly string[] AllowedMediaTypes = ["text/xml", "application/xml", "text/plain"];

    /// <summary>Nothing is held: each request is answered at once (XEP-0124 §12).</summary>
    public bool IsPolling => Hold == 0 || Wait == TimeSpan.Zero;

    /// <summary>How many requests stay open with nothing to deliver.</summary>
    public int EffectiveHold => IsPolling ? 0 : Hold;

    /// <summary>When a request that arrived now is answered at the latest: a little early, since Strophe gives up at 1.1 × wait (B-WAIT-02).</summary>
    public TimeSpan HoldTime => Wait - TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerSecond, Wait.Ticks / 20));

    /// <summary>Negotiates; false means <c>bad-request</c> (B-RID-01, B-ATT-02, B-ATT-12).</summary>
    public static bool TryNegotiate(BoshBody body, BoshSessionSettings settings, [NotNullWhen(true)] out BoshNegotiation? negotiation)
    {
        negotiation = null;
        if (body.Rid == BoshBody.NoRid) return false;
        var maxWait = (int)settings.MaxWait.TotalSeconds;
        if (!TryReadNumber(body.Wait, maxWait, out var wait) || !TryReadNumber(body.Hold, 1, out var asked)) return false;
        if (!TryReadContentType(body.Content, out var contentType)) return false;
        var isLegacy = !TryReadVersion(body.Ver, out var version);
        if (isLegacy || version > BoshSessionSettings.ProtocolVersion) version = BoshSessionSettings.ProtocolVersion;
        negotiation = new(
            TimeSpan.FromSeconds(Math.Min(wait, maxWait)),
            Math.Min(asked, settings.MaxHold),
            Math.Min(asked, MaxAskedHold) + 1,
            version!.ToString(2),
            isLegacy,
            contentType,
            body.Ack == "1");
        return true;
    }

    /// <summary>Reads seconds or counts of the wire: ASCII digits only; a number too large for us is still a number.</summary>
    internal static bool TryReadNumber(string? text, int ifAbsent, out int value)
    {
        value = ifAbsent;
        if (text is null) return true;
        if (text.Length == 0 || text.AsSpan().ContainsAnyExceptInRange('0', '9')) return false;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)) value = int.MaxValue;
        return true;
    }

    internal static bool TryReadVersion(string? text, [NotNullWhen(true)] out Version? version)
    {
        version = null;
        var dot = text?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (dot <= 0 || !TryReadNumber(text![..dot], 0, out var major) || !TryReadNumber(text[(dot + 1)..], 0, out var minor)) return false;
        version = new(major, minor);
        return true;
    }

    // B-ATT-12: a scriptable type or a line break in the header would be a hole, so the value is parsed and rebuilt from an allow-list.
    private static bool TryReadContentType(string? text, out string contentType)
    {
        contentType = BoshAnswer.DefaultContentType;
        if (text is null) return true;
        if (text.AsSpan().ContainsAnyExceptInRange(' ', '~') || !MediaTypeHeaderValue.TryParse(text, out var media)) return false;
        var mediaType = Array.Find(AllowedMediaTypes, allowed => allowed.Equals(media.MediaType, StringComparison.OrdinalIgnoreCase));
        var charset = media.CharSet?.Trim('"') ?? "utf-8";
        if (mediaType is null || !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)) return false;
        contentType = $"{mediaType}; charset=utf-8";
        return true;
    }
}
