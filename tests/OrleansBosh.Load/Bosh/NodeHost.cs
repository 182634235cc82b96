namespace OrleansBosh.Load.Bosh;

/// <summary>What the <c>host</c> attribute does to a URL: the host is swapped; scheme, port and path stay.</summary>
internal static class NodeHost
{
    public static Uri Apply(Uri node, string host)
    {
        if (node.Host.Trim('[', ']').Equals(host, StringComparison.OrdinalIgnoreCase))
            return node;
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            throw new BoshProtocolException($"The attribute host='{host}' is not the name of a host.");
        return new UriBuilder(node) { Host = host }.Uri;
    }
}
