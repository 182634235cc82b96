using System.Net;
using System.Net.Security;

namespace OrleansBosh.Load.Http;

/// <summary>How connections are made.</summary>
public sealed record BoshConnectionOptions
{
    /// <summary>The default: the system's name resolution and certificate check.</summary>
    public static BoshConnectionOptions Default { get; } = new();

    /// <summary>Maps the name and port of a URL to the address to connect to, so that tests can use names of their own. Null: DNS.</summary>
    public Func<DnsEndPoint, EndPoint>? Resolve { get; init; }

    /// <summary>Decides on the certificate of an https server. Null: the system's rules.</summary>
    public RemoteCertificateValidationCallback? CertificateCheck { get; init; }

    /// <summary>The largest entity that is read, in bytes.</summary>
    public int MaxEntityBytes { get; init; } = 16 * 1024 * 1024;
}
