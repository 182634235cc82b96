using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>The front end as one method on an application, used by the server and by every test silo.</summary>
public static class BoshFrontEnd
{
    /// <summary>Maps the BOSH resource.</summary>
    /// <param name="app">The web application.</param>
    /// <param name="silo">The services of the silo in this process; in the server they are the application's own.</param>
    /// <param name="settings">What to serve.</param>
    public static void MapBosh(this IEndpointRouteBuilder app, IServiceProvider silo, BoshFrontEndSettings settings)
    {
        var endpoint = new BoshEndpoint(
            silo.GetRequiredService<IGrainFactory>(),
            silo.GetRequiredService<IXmppBackend>(),
            silo.GetRequiredService<SessionIds>(),
            settings,
            silo.GetRequiredService<ILogger<BoshEndpoint>>());
        // Routing takes a trailing slash as the same path, without a redirect that would turn a POST into a GET (B-HTTP-01).
        foreach (var path in settings.Paths) app.Map(path, endpoint.HandleAsync);
    }

    /// <summary>Limits of the web server that belong to the front end.</summary>
    /// <param name="kestrel">The web server's options.</param>
    /// <param name="maxWait">The longest that a request is held.</param>
    public static void ConfigureForBosh(this KestrelServerOptions kestrel, TimeSpan maxWait)
    {
        kestrel.AddServerHeader = false;
        // The front end has a limit of its own, with an answer that a BOSH client understands.
        kestrel.Limits.MaxRequestBodySize = null;
        // What the web server reads ahead. Entities are taken as they arrive, so more would only be memory that a flood of uploads fills.
        kestrel.Limits.MaxRequestBufferSize = 64 * 1024;
        // The second connection of a client idles as long as the first one holds a request.
        kestrel.Limits.KeepAliveTimeout = maxWait + TimeSpan.FromSeconds(60);
    }
}
