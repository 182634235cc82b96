using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Console;
using Orleans.Configuration;
using OrleansBosh.Cluster;
using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Embedded;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Server.FrontEnd;
using OrleansBosh.Server.Options;
using OrleansBosh.Server.Tls;

namespace OrleansBosh.Server;

/// <summary>Puts one node together: a silo and its front end in one web application.</summary>
internal static class NodeApplication
{
    /// <summary>
    /// For the whole stop: the sessions (5 s and 1 s where others do not answer), the last connections (2 s), the rest is the silo's. Half
    /// of what supervisors grant (deploy/).
    /// </summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    /// <summary>A builder with the configuration of this process: appsettings.json beside the program, environment, command line.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args) =>
        WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

    /// <summary>The application, ready to start. The storage is the caller's.</summary>
    public static WebApplication Build(WebApplicationBuilder builder, ServerSettings settings, NodeStorage storage)
    {
        if (settings.CertificateFile is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureForBosh(settings.Node.Session.MaxWait);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var certificate = settings.CertificateFile is null ? null : new ServerCertificate(
                settings.CertificateFile,
                settings.CertificateKeyFile,
                TimeProvider.System,
                kestrel.ApplicationServices.GetRequiredService<ILogger<ServerCertificate>>());
            var connections = kestrel.ApplicationServices.GetRequiredService<LastConnections>();
            // Each address in a socket of its own, so that one that is in use stops the start; of "localhost" Kestrel would only warn.
            foreach (var address in settings.Listen)
            {
                foreach (var ip in address.Usable)
                {
                    kestrel.Listen(ip, address.Port, listen =>
                    {
                        listen.Use(connections.Watch);
                        if (address.IsHttps) listen.UseHttps(certificate!.ToHandshakeOptions());
                    });
                }
            }
        });
        builder.Services.AddSingleton<LastConnections>();
        // Before the silo: what begins first stops last, and this waits for the sessions.
        builder.Services.AddHostedService(static services => services.GetRequiredService<LastConnections>());
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = StopLimit);
        // Whoever stopped reading the log must not stop the node (SocketThreads).
        builder.Services.Configure<ConsoleLoggerOptions>(options => options.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        builder.Services.AddSingleton<IAccountStore>(storage.Store);
        builder.Services.AddSingleton<IRosterStore>(storage.Store);
        builder.Services.AddSingleton<IOfflineStore>(storage.Store);
        builder.Services.AddEmbeddedDomain(
            storage.Secrets is null ? settings.Domain : settings.Domain with { DecoySecret = storage.Secrets.DecoySecret });
        if (storage.Secrets is not null)
        {
            builder.Services.AddSingleton(storage.Secrets);
            builder.Services.AddHostedService(static services => services.GetRequiredService<ClusterSecrets>());
        }

        builder.UseOrleans(silo =>
        {
            if (settings.Cluster is not { } cluster) ConfigureSingleSilo(silo);
            else silo.UseBoshCluster(storage.Database!, cluster.ClusterId, settings.Node.PublicUrl!.AbsoluteUri, cluster.SiloEndpoint);
            silo.AddBoshSessions(settings.Node, storage.Secrets?.SessionIds ?? SessionIds.WithRandomKey());
        });
        var app = builder.Build();
        app.UseSocketThreads();
        app.MapBosh(app.Services, settings.FrontEnd);
        app.MapChatPage(settings);
        return app;
    }

    /// <summary>A cluster of one: membership in memory, a loopback port that nobody else has, no gateway for clients.</summary>
    private static void ConfigureSingleSilo(ISiloBuilder silo)
    {
        var endpoint = new IPEndPoint(IPAddress.Loopback, FindFreePort());
        silo.UseDevelopmentClustering(endpoint);
        silo.Configure<EndpointOptions>(options =>
        {
            options.AdvertisedIPAddress = endpoint.Address;
            options.SiloListeningEndpoint = endpoint;
            options.SiloPort = endpoint.Port;
            options.GatewayPort = 0;
        });
        silo.Configure<ClusterOptions>(options =>
        {
            options.ClusterId = "single";
            options.ServiceId = "orleans-bosh";
        });
    }

    /// <summary>Below the range that outgoing connections use, which could take the port before the silo does.</summary>
    private static int FindFreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another program's: the next one.
            }
        }
    }
}
