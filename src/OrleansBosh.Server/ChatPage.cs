using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.FileProviders;
using OrleansBosh.Cluster;
using OrleansBosh.Server.FrontEnd;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Server;

/// <summary>The chat at <c>/</c>: Converse.js where the build could restore it, a small page of our own otherwise.</summary>
internal static partial class ChatPage
{
    public const string InfoPath = "/server-info";

    private const string FullPage = "index.html";
    private const string BasicPage = "basic.html";

    public static void MapChatPage(this WebApplication app, ServerSettings settings)
    {
        var files = new PhysicalFileProvider(Path.Combine(AppContext.BaseDirectory, "wwwroot"));
        var hasConverse = files.GetFileInfo("converse/converse.min.js").Exists;
        var info = JsonSerializer.SerializeToUtf8Bytes(
            new ServerInfo(
                settings.Domain.Domain,
                settings.FrontEnd.Paths[0],
                settings.Node.PublicHost,
                Product.Version,
                settings.Domain.AllowRegistration,
                settings.Domain.AllowAnonymous,
                hasConverse),
            ServerInfoJson.Default.ServerInfo);
        app.MapGet(InfoPath, context =>
        {
            HttpAnswer.AddCommonHeaders(context.Response);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = info.Length;
            return context.Response.Body.WriteAsync(info, context.RequestAborted).AsTask();
        });
        app.UseDefaultFiles(new DefaultFilesOptions
        {
            FileProvider = files,
            DefaultFileNames = [hasConverse ? FullPage : BasicPage],
        });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            OnPrepareResponse = static file =>
            {
                var headers = file.Context.Response.Headers;
                headers.XContentTypeOptions = "nosniff";
                // A browser asks again each time, so that a new version of the page is seen at once.
                headers.CacheControl = "no-cache";
            },
        });
    }

    /// <summary>What the page has to know before it can log in.</summary>
    internal sealed record ServerInfo(
        string Domain, string Bosh, string? Node, string Version, bool Registration, bool Anonymous, bool Converse);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(ServerInfo))]
    private sealed partial class ServerInfoJson : JsonSerializerContext;
}
