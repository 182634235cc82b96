using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansBosh.Cluster.Embedded;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Tests.Embedded;
using OrleansBosh.Load;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Server.FrontEnd;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Cluster.Tests.Support;

/// <summary>
/// Several BOSH nodes in this process: Orleans TestingHost silos, each with a Kestrel of its own on 127.0.0.N and one shared port, and a
/// public name nodeN.test. It fakes membership, transport and death; what those do is proven with real processes.
/// </summary>
public sealed class BoshTestCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;
    private readonly DomainStore _store;
    private readonly string _folder;
    private readonly CallTimes _calls;

    private BoshTestCluster(InProcessTestCluster cluster, DomainStore store, string folder, IReadOnlyList<BoshTestNode> nodes, CallTimes calls)
    {
        _cluster = cluster;
        _store = store;
        _folder = folder;
        Nodes = nodes;
        _calls = calls;
    }

    public IReadOnlyList<BoshTestNode> Nodes { get; }

    /// <summary>The longest call between grains so far, on any node.</summary>
    public TimeSpan LongestCall => _calls.Longest;

    /// <summary>Starts nodes that allow what the trial allows, with options changed by <paramref name="configure"/>.</summary>
    public static async Task<BoshTestCluster> StartAsync(
        int nodeCount,
        Action<BoshOptions>? configure = null,
        TimeProvider? time = null,
        IOutgoingGrainCallFilter? filter = null,
        ILoggerProvider? log = null)
    {
        var port = LoopbackPorts.FindFree(nodeCount);
        var folder = Directory.CreateTempSubdirectory("orleans-bosh-").FullName;
        var sessionIds = SessionIds.WithRandomKey();
        var settings = new ServerSettings[nodeCount];
        for (var i = 0; i < nodeCount; i++)
        {
            var options = new BoshOptions
            {
                Urls = $"http://127.0.0.{i + 1}:{port}",
                PublicUrl = $"http://node{i + 1}.test:{port}/http-bind",
                DataFolder = folder,
                AllowAnonymous = true,
                AllowPlainWithoutTls = true,
                AllowRegistration = true,
            };
            configure?.Invoke(options);
            settings[i] = ServerSettings.From(options);
        }

        var store = await DomainStore.OpenAsync(new SqliteDialect(settings[0].DataFile));
        var builder = new InProcessTestClusterBuilder((short)nodeCount);
        builder.Options.ConfigureFileLogging = false;
#pragma warning disable ORLEANSEXP003 // as in the product, see BoshSiloExtensions
        builder.Options.UseDistributedGrainDirectory = true;
#pragma warning restore ORLEANSEXP003
        builder.Options.InitializeClientOnDeploy = false;
        builder.ConfigureHost(host =>
        {
            host.Logging.SetMinimumLevel(LogLevel.Warning);
            if (log is not null) host.Logging.AddProvider(log);
        });
        var lastNode = -1;
        var calls = new CallTimes();
        builder.ConfigureSilo((_, siloBuilder) =>
        {
            var node = settings[Interlocked.Increment(ref lastNode)];
            siloBuilder.Services.AddSingleton<IAccountStore>(store);
            siloBuilder.Services.AddSingleton<IRosterStore>(store);
            siloBuilder.Services.AddSingleton<IOfflineStore>(store);
            siloBuilder.Services.AddEmbeddedDomain(node.Domain);
            siloBuilder.Services.AddSingleton(node);
            if (time is not null)
            {
                siloBuilder.Services.AddSingleton(time);
                siloBuilder.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
            }

            siloBuilder.AddBoshSessions(node.Node, sessionIds);
            siloBuilder.AddOutgoingGrainCallFilter(calls);
            siloBuilder.Services.AddSingleton<GrainCalls>();
            siloBuilder.Services.AddSingleton<IIncomingGrainCallFilter>(static services => services.GetRequiredService<GrainCalls>());
            if (filter is not null) siloBuilder.AddOutgoingGrainCallFilter(filter);
            // The other tests of this assembly have a session grain of their own; here the real one must be the only one.
            siloBuilder.Configure<GrainTypeOptions>(options => options.Classes.Remove(typeof(TestSessionGrain)));
            siloBuilder.Services.AddHostedService<TestFrontEnd>();
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        var nodes = cluster.Silos
            .Select(silo => new BoshTestNode(silo.ServiceProvider.GetRequiredService<ServerSettings>(), silo))
            .OrderBy(node => node.Url.ToString(), StringComparer.Ordinal)
            .ToArray();
        return new(cluster, store, folder, nodes, calls);
    }

    /// <summary>The session grains that are alive, on all nodes.</summary>
    public async Task<int> CountSessionGrainsAsync()
    {
        var management = Nodes[0].Silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        var statistics = await management.GetSimpleGrainStatistics();
        return statistics.Where(grain => grain.GrainType.Contains(nameof(BoshSessionGrain), StringComparison.Ordinal)).Sum(grain => grain.ActivationCount);
    }

    /// <summary>Takes a node away without the usual goodbyes.</summary>
    public Task KillAsync(BoshTestNode node) => _cluster.KillSiloAsync(node.Silo);

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The address behind a node's public name; the client's resolver.</summary>
    public IPAddress Resolve(string host) =>
        IPAddress.TryParse(host, out var address) ? address : Nodes.Single(node => node.PublicHost == host).Address;

    /// <summary>The front end of a test silo: the server's, in an application of its own, since a test silo's host is no web application.</summary>
    private sealed class TestFrontEnd(IServiceProvider silo, ServerSettings settings) : IHostedService
    {
        private WebApplication? _app;

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.SetMinimumLevel(LogLevel.Warning);
            builder.WebHost.ConfigureForBosh(settings.Node.Session.MaxWait);
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                foreach (var address in settings.Listen) kestrel.Listen(address.Addresses[0], address.Port);
            });
            _app = builder.Build();
            _app.MapBosh(silo, settings.FrontEnd);
            await _app.StartAsync(cancellationToken);
        }

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            if (_app is null) return;
            await _app.StopAsync(cancellationToken);
            await _app.DisposeAsync();
        }
    }
}
