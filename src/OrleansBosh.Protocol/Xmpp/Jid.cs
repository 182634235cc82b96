using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OrleansBosh.Protocol.Xmpp;

/// <summary>
/// An XMPP address (RFC 7622) in prepared form: <c>[local@]domain[/resource]</c>. Local part and domain are folded to lower case as
/// ASCII; the Unicode profiles (PRECIS, IDNA) come later.
/// </summary>
public sealed record Jid
{
    private const int MaxPartBytes = 1023;
    private static readonly SearchValues<char> ForbiddenInLocal = SearchValues.Create("\"&'/:<>@ ");
    private static readonly SearchValues<char> ForbiddenInDomain = SearchValues.Create("\"&'/<>@ ");

    private Jid(string? local, string domain, string? resource)
    {
        Local = local;
        Domain = domain;
        Resource = resource;
        Text = (local, resource) switch
        {
            (null, null) => domain,
            (null, _) => $"{domain}/{resource}",
            (_, null) => $"{local}@{domain}",
            _ => $"{local}@{domain}/{resource}",
        };
    }

    public string? Local { get; }

    public string Domain { get; }

    public string? Resource { get; }

    /// <summary>The whole address as it stands on the wire.</summary>
    public string Text { get; }

    public bool IsBare => Resource is null;

    /// <summary>The address without its resource.</summary>
    public Jid Bare => Resource is null ? this : new(Local, Domain, null);

    /// <summary>The same account with a resource that has been prepared by <see cref="TryPrepareResource"/>.</summary>
    public Jid WithResource(string resource) => new(Local, Domain, resource);

    /// <summary>Reads and prepares an address; false when it is malformed (answer <c>jid-malformed</c>).</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Jid? jid)
    {
        jid = null;
        if (string.IsNullOrEmpty(text)) return false;
        string? resource = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            if (!TryPrepareResource(text[(slash + 1)..], out resource)) return false;
            text = text[..slash];
        }

        string? local = null;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            if (!TryPrepareLocal(text[..at], out local)) return false;
            text = text[(at + 1)..];
        }

        if (!TryPrepareDomain(text, out var domain)) return false;
        jid = new(local, domain, resource);
        return true;
    }

    /// <summary>Prepares a local part (account name).</summary>
    public static bool TryPrepareLocal(string text, [NotNullWhen(true)] out string? local)
    {
        local = null;
        if (!IsPart(text) || text.AsSpan().ContainsAny(ForbiddenInLocal)) return false;
        local = text.ToLowerInvariant();
        return true;
    }

    /// <summary>Prepares a domain part: lower case, one trailing dot removed (B-CRE-07).</summary>
    public static bool TryPrepareDomain(string text, [NotNullWhen(true)] out string? domain)
    {
        domain = null;
        if (text.EndsWith('.')) text = text[..^1];
        if (!IsPart(text) || text.AsSpan().ContainsAny(ForbiddenInDomain)) return false;
        domain = text.ToLowerInvariant();
        return true;
    }

    /// <summary>Checks a resource; its case is significant.</summary>
    public static bool TryPrepareResource(string text, [NotNullWhen(true)] out string? resource)
    {
        resource = IsPart(text) ? text : null;
        return resource is not null;
    }

    public override string ToString() => Text;

    private static bool IsPart(string text)
    {
        if (text.Length is 0 or > MaxPartBytes) return false;
        foreach (var c in text)
        {
            if (char.IsControl(c)) return false;
        }

        return text.Length * 3 <= MaxPartBytes || Encoding.UTF8.GetByteCount(text) <= MaxPartBytes;
    }
}
