using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using OrleansBosh.Cluster.Nodes;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>
/// How clients find the BOSH URLs of the domain, one for each node (XEP-0156): over https only, and naming https URLs only, because nobody
/// else's word about where to send a password can be trusted (B-DISC-01). Over http the resource does not exist.
/// </summary>
internal static class HostMeta
{
    private const string Relation = "urn:xmpp:alt-connections:xbosh";
    private static readonly XNamespace Xrd = "http://docs.oasis-open.org/ns/xri/xrd-1.0";

    public static void MapHostMeta(this IEndpointRouteBuilder app, INodeDirectory nodes, BoshFrontEndSettings settings)
    {
        Map("/.well-known/host-meta", "application/xrd+xml", urls => Encoding.UTF8.GetBytes(
            new XDocument(
                new XElement(
                    Xrd + "XRD",
                    urls.Select(url => new XElement(Xrd + "Link", new XAttribute("rel", Relation), new XAttribute("href", url)))))
            .ToString(SaveOptions.DisableFormatting)));
        Map("/.well-known/host-meta.json", "application/json", urls => JsonSerializer.SerializeToUtf8Bytes(
            new Dictionary<string, Dictionary<string, string>[]>
            {
                ["links"] = [.. urls.Select(url => new Dictionary<string, string> { ["rel"] = Relation, ["href"] = url })],
            }));

        void Map(string path, string contentType, Func<string[], byte[]> render) => app.MapGet(path, context =>
        {
            HttpAnswer.AddCommonHeaders(context.Response);
            context.Response.Headers.AccessControlAllowOrigin = "*"; // B-DISC-03
            if (!settings.Proxies.IsEncrypted(context)) return HttpAnswer.WriteTextAsync(context, StatusCodes.Status404NotFound, "Not found\n");
            var urls = nodes.Serving.Where(url => url.Scheme == Uri.UriSchemeHttps).Select(url => url.AbsoluteUri).ToArray();
            Random.Shared.Shuffle(urls);
            // Without a URL of its own the node answers with the name by which it was found.
            if (urls.Length == 0 && (settings.HttpsUrl ?? FoundUrl.Read(context, settings)?.AbsoluteUri) is { } url) urls = [url];
            var entity = render(urls);
            context.Response.ContentType = contentType;
            context.Response.ContentLength = entity.Length;
            return context.Response.Body.WriteAsync(entity, context.RequestAborted).AsTask();
        });
    }
}
