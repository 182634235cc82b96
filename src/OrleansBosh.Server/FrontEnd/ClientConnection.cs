using System.Net;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>Who sent a request, as far as that can be believed.</summary>
/// <param name="Address">The client's address; behind a trusted proxy the one that it names.</param>
/// <param name="IsEncrypted">The client's connection is encrypted, here or at a trusted proxy.</param>
/// <param name="IsProxied">Something stands between: a request through a proxy on this machine does not come from this machine.</param>
internal readonly record struct ClientConnection(IPAddress Address, bool IsEncrypted, bool IsProxied)
{
    public bool IsLoopback => !IsProxied && IPAddress.IsLoopback(Address);
}

/// <summary>
/// Reads forwarding headers, but only of proxies that the operator trusts: anybody else could name any address and claim any encryption
/// (B-SEC-01). <c>X-Forwarded-For</c> and <c>-Proto</c> are read, or <c>Forwarded</c> (RFC 7239) where a proxy sends that.
/// </summary>
/// <param name="networks">The proxies' networks.</param>
public sealed class TrustedProxies(IReadOnlyList<IPNetwork> networks)
{
    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via"];

    /// <summary>Whether the client is encrypted, without the cost of a whole look where nobody is trusted.</summary>
    internal bool IsEncrypted(HttpContext context) => networks.Count == 0 ? context.Request.IsHttps : Resolve(context).IsEncrypted;

    internal ClientConnection Resolve(HttpContext context) =>
        Resolve(context.Connection.RemoteIpAddress ?? IPAddress.None, context.Request.IsHttps, context.Request.Headers);

    internal ClientConnection Resolve(IPAddress peer, bool isHttps, IHeaderDictionary headers)
    {
        var address = Plain(peer);
        if (!IsTrusted(address)) return new(address, isHttps, Array.Exists(ProxyHeaders, headers.ContainsKey));
        var (hops, protocols) = headers.ContainsKey("Forwarded") ? ReadForwarded(headers) : ReadXForwarded(headers);

        // From the nearest hop to the farthest, as long as those who tell are trusted. A list of protocols tells of each hop's own client.
        var isEncrypted = isHttps;
        for (var i = 1; i <= hops.Length && IsTrusted(address); i++)
        {
            if (!TryReadAddress(hops[^i], out var next)) break;
            address = next;
            var protocol = protocols.Length >= i ? protocols[^i] : protocols.LastOrDefault("");
            if (protocol.Length > 0) isEncrypted = protocol.Equals("https", StringComparison.OrdinalIgnoreCase);
        }

        // A proxy that names no client still may say how the client came.
        if (hops.Length == 0 && protocols.Length > 0) isEncrypted = protocols[^1].Equals("https", StringComparison.OrdinalIgnoreCase);
        return new(address, isEncrypted, IsProxied: true);
    }

    private static (string[] Hops, string[] Protocols) ReadXForwarded(IHeaderDictionary headers) =>
        (Split(headers["X-Forwarded-For"].ToString(), ','), Split(headers["X-Forwarded-Proto"].ToString(), ','));

    private static (string[] Hops, string[] Protocols) ReadForwarded(IHeaderDictionary headers)
    {
        var elements = Split(headers["Forwarded"].ToString(), ',');
        return ([.. elements.Select(element => Parameter(element, "for"))], [.. elements.Select(element => Parameter(element, "proto"))]);

        static string Parameter(string element, string name) => Array.Find(
            Split(element, ';'), pair => pair.StartsWith(name + "=", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim('"') ?? "";
    }

    private static string[] Split(string text, char separator) =>
        text.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>An address with or without a port: <c>192.0.2.1</c>, <c>192.0.2.1:4711</c>, <c>[2001:db8::1]:4711</c>, <c>2001:db8::1</c>.</summary>
    private static bool TryReadAddress(string text, out IPAddress address)
    {
        var isRead = IPAddress.TryParse(text, out var plain);
        if (!isRead && IPEndPoint.TryParse(text, out var endPoint)) (isRead, plain) = (true, endPoint.Address);
        address = Plain(plain ?? IPAddress.None);
        return isRead;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private bool IsTrusted(IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address)) return true;
        }

        return false;
    }
}
