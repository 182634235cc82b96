using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace OrleansBosh.Server.Options;

/// <summary>One address of <see cref="BoshOptions.Urls"/>.</summary>
/// <param name="IsHttps">TLS ends here.</param>
/// <param name="Host">A host name or IP address as written; only <c>localhost</c>, <c>*</c> and IP addresses can be listened on.</param>
/// <param name="Addresses">What the sockets bind to.</param>
/// <param name="Port">The TCP port.</param>
public sealed record ListenAddress(bool IsHttps, string Host, IReadOnlyList<IPAddress> Addresses, int Port)
{
    public bool IsLoopback => Addresses.All(IPAddress.IsLoopback);

    /// <summary>What this machine has of <see cref="Addresses"/>: without IPv6, the other half of localhost remains.</summary>
    public IEnumerable<IPAddress> Usable =>
        Addresses.Count == 1 || HasIPv6Loopback() ? Addresses : Addresses.Where(ip => ip.AddressFamily == AddressFamily.InterNetwork);

    /// <summary>The address as a person types it.</summary>
    public string Url => $"{(IsHttps ? "https" : "http")}://{(Host == "*" ? Dns.GetHostName() : Host)}:{Port}";

    /// <summary>Reads <c>http://host:port</c> or <c>https://host:port</c>; anything else is refused with the reason.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? reason)
    {
        address = null;
        // A star is no host of a URI; it is read as the wildcard address and shown as the machine's name.
        if (!Uri.TryCreate(text.Replace("://*", "://0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || uri.PathAndQuery != "/")
        {
            reason = $"'{text}' is no address like http://localhost:5280, http://192.0.2.7:5280 or http://*:5280";
            return false;
        }

        IPAddress[]? addresses = uri.Host == "localhost"
            ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
            : text.Contains("://*", StringComparison.Ordinal) ? [Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any]
            : IPAddress.TryParse(uri.Host.Trim('[', ']'), out var single) ? [single] : null;
        if (addresses is null)
        {
            reason = $"'{uri.Host}' in '{text}' is neither localhost, * nor an IP address";
            return false;
        }

        var host = text.Contains("://*", StringComparison.Ordinal) ? "*" : uri.Host;
        address = new(uri.Scheme == Uri.UriSchemeHttps, host, addresses, uri.Port);
        reason = null;
        return true;
    }

    private static bool HasIPv6Loopback() => Socket.OSSupportsIPv6 && Array.Exists(
        NetworkInterface.GetAllNetworkInterfaces(),
        network => network.GetIPProperties().UnicastAddresses.Any(unicast => unicast.Address.Equals(IPAddress.IPv6Loopback)));
}
