namespace OrleansBosh.Server.FrontEnd;

/// <summary>The BOSH URL of a node that has been given none: where the client found it.</summary>
internal static class FoundUrl
{
    /// <returns>Null where the request does not say: it names no host, or one that no URL can have.</returns>
    public static Uri? Read(HttpContext context, BoshFrontEndSettings settings)
    {
        var scheme = settings.Proxies.IsEncrypted(context) ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        return Uri.TryCreate($"{scheme}://{context.Request.Host}{settings.Paths[0]}", UriKind.Absolute, out var url) ? url : null;
    }
}
