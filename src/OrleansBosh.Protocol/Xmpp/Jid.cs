using System.Diagnostics.CodeAnalysis;

namespace OrleansBosh.Protocol.Xmpp;

/// <summary>
/// An XMPP address (RFC 7622) in prepared form: <c>[local@]domain[/resource]</c>. Addresses are compared in this form only.
/// </summary>
public sealed class Jid : IEquatable<Jid>
{
    private Jid? _bare;

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
    public Jid Bare => Resource is null ? this : _bare ??= new(Local, Domain, null);

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
    public static bool TryPrepareLocal(string text, [NotNullWhen(true)] out string? local) => JidPreparation.TryLocal(text, out local);

    /// <summary>Prepares a domain part: lower case, Unicode labels, one trailing dot removed (B-CRE-07).</summary>
    public static bool TryPrepareDomain(string text, [NotNullWhen(true)] out string? domain) => JidPreparation.TryDomain(text, out domain);

    /// <summary>Prepares a resource; its case is significant.</summary>
    public static bool TryPrepareResource(string text, [NotNullWhen(true)] out string? resource) =>
        JidPreparation.TryResource(text, out resource);

    public static bool operator ==(Jid? left, Jid? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(Jid? left, Jid? right) => !(left == right);

    /// <summary>The text says it all: neither a local part nor a domain contains a separator.</summary>
    public bool Equals(Jid? other) => other is not null && Text == other.Text;

    public override bool Equals(object? obj) => Equals(obj as Jid);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;
}
