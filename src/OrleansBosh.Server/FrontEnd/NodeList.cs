using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansBosh.Cluster.Nodes;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>
/// <c>/nodes</c>: the nodes that serve clients now, for pages that choose one at random and go on at another when it fails. In another
/// order for everybody, so that a client that simply takes the first spreads the load as well.
/// </summary>
internal static partial class NodeList
{
    public const string Path = "/nodes";

    /// <summary>Long enough for a page that asks in a loop, short enough for a node that dies to be gone when its clients ask.</summary>
    private const string CacheControl = "public, max-age=2";

    public static void MapNodeList(this IEndpointRouteBuilder app, INodeDirectory nodes, BoshFrontEndSettings settings) => app.MapGet(Path, context =>
    {
        HttpAnswer.AddCommonHeaders(context.Response);
        context.Response.Headers.AccessControlAllowOrigin = "*";
        var urls = nodes.Serving.ToArray();
        if (urls.Length > 0) context.Response.Headers.CacheControl = CacheControl;
        // Not to be kept by a cache: it is made of the client's own words.
        else if (nodes.IsServing && FoundUrl.Read(context, settings) is { } found) urls = [found];
        Random.Shared.Shuffle(urls);
        var entity = JsonSerializer.SerializeToUtf8Bytes(
            new Nodes([.. urls.Select(url => new Node(url.Host, url.AbsoluteUri))]), NodeListJson.Default.Nodes);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = entity.Length;
        return context.Response.Body.WriteAsync(entity, context.RequestAborted).AsTask();
    });

    /// <param name="Items">The nodes that serve now.</param>
    internal sealed record Nodes([property: JsonPropertyName("nodes")] Node[] Items);

    /// <param name="Host">What the <c>host</c> attribute of its sessions says.</param>
    /// <param name="Url">Its BOSH URL.</param>
    internal sealed record Node(string Host, string Url);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Nodes))]
    private sealed partial class NodeListJson : JsonSerializerContext;
}
