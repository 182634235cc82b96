using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Nodes;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>The front end as one method on an application, used by the server and by every test silo.</summary>
public static class BoshFrontEnd
{
    private const int ReadAheadBytes = 64 * 1024;

    /// <summary>
    /// Connections that wait to be taken. All clients of a node that dies come at once, and beyond this number the system loses or resets
    /// connections; 512 by default. The system has a limit of its own (<c>net.core.somaxconn</c>), which is as large.
    /// </summary>
    private const int Backlog = 4096;

    /// <summary>Maps the BOSH resource, how clients find it and the other nodes', and what supervisors ask.</summary>
    /// <param name="app">The web application.</param>
    /// <param name="silo">The services of the silo in this process; in the server they are the application's own.</param>
    /// <param name="settings">What to serve.</param>
    public static void MapBosh(this IEndpointRouteBuilder app, IServiceProvider silo, BoshFrontEndSettings settings)
    {
        var endpoint = new BoshEndpoint(
            silo.GetRequiredService<BoshSessions>(),
            silo.GetRequiredService<IXmppBackend>(),
            silo.GetRequiredService<SessionIds>(),
            silo.GetService<ClusterSecrets>(),
            settings,
            silo.GetRequiredService<AddressLimits>(),
            silo.GetRequiredService<BoshMeter>(),
            silo.GetRequiredService<ILogger<BoshEndpoint>>());
        // Routing takes a trailing slash as the same path, without a redirect that would turn a POST into a GET (B-HTTP-01).
        foreach (var path in settings.Paths) app.Map(path, endpoint.HandleAsync);
        var nodes = silo.GetRequiredService<INodeDirectory>();
        app.MapHostMeta(nodes, settings);
        app.MapNodeList(nodes, settings);
        app.MapHealth(nodes);
    }

    /// <summary>Limits of the web server that belong to the front end.</summary>
    /// <param name="webHost">The web application's host.</param>
    /// <param name="maxWait">The longest that a request is held.</param>
    public static void ConfigureForBosh(this IWebHostBuilder webHost, TimeSpan maxWait) => webHost
        .ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The front end has a limit of its own, with an answer that a BOSH client understands.
            kestrel.Limits.MaxRequestBodySize = null;
            // The second connection of a client idles as long as the first one holds a request.
            kestrel.Limits.KeepAliveTimeout = maxWait + TimeSpan.FromSeconds(60);
        })
        .UseSockets(sockets =>
        {
            // Entities are taken as they arrive; what is read ahead of that is only memory that a flood of uploads fills (1 MiB a connection).
            sockets.MaxReadBufferSize = ReadAheadBytes;
            sockets.UnsafePreferInlineScheduling = SocketThreads.RunRequests;
            sockets.Backlog = Backlog;
        });
}
