using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansBosh.Cluster;
using OrleansBosh.Cluster.Embedded;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Benchmarks;

/// <summary>What comes behind the front end: calls of grains on one silo, as the endpoint makes them.</summary>
public class SiloBenchmarks
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleans-bosh-benchmarks-");
    private DomainStore _store = null!;
    private IHost _host = null!;
    private IEchoGrain _echo = null!;
    private GrainSession _romeo = null!;
    private GrainSession _juliet = null!;

    [GlobalSetup]
    public async Task StartAsync()
    {
        var settings = ServerSettings.From(new BoshOptions { DataFolder = _folder.FullName });
        _store = await DomainStore.OpenAsync(new SqliteDialect(settings.DataFile));
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton<IAccountStore>(_store).AddSingleton<IRosterStore>(_store).AddSingleton<IOfflineStore>(_store);
        builder.Services.AddEmbeddedDomain(settings.Domain);
        var ids = SessionIds.WithRandomKey();
        builder.UseOrleans(silo =>
        {
            var endpoint = FreeEndpoint();
            silo.UseDevelopmentClustering(endpoint);
            silo.Configure<EndpointOptions>(options =>
            {
                (options.AdvertisedIPAddress, options.SiloListeningEndpoint) = (endpoint.Address, endpoint);
                (options.SiloPort, options.GatewayPort) = (endpoint.Port, 0);
            });
            silo.AddBoshSessions(settings.Node, ids);
        });
        _host = builder.Build();
        await _host.StartAsync();
        var grains = _host.Services.GetRequiredService<IGrainFactory>();
        _echo = grains.GetGrain<IEchoGrain>(Guid.NewGuid());
        _romeo = await GrainSession.LoginAsync(grains, ids);
        _juliet = await GrainSession.LoginAsync(grains, ids);
    }

    [Benchmark(Description = "a grain call that does nothing")]
    public ValueTask<int> CallAsync() => _echo.Echo(1);

    [Benchmark(Description = "session grain: ping of the domain")]
    public Task PingAsync() => _romeo.SendAsync(Wire.Ping);

    [Benchmark(OperationsPerInvoke = 2, Description = "session grain: message to another user (router, account, delivery)")]
    public async Task MessageAsync()
    {
        // Each fetches with its own message what the other has sent before.
        await _romeo.SendAsync(_juliet.IncomingMessage);
        await _juliet.SendAsync(_romeo.IncomingMessage);
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await _store.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static IPEndPoint FreeEndpoint()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return (IPEndPoint)probe.LocalEndpoint;
    }
}

/// <summary>What a call of a grain costs without any work.</summary>
[Alias("echo")]
public interface IEchoGrain : IGrainWithGuidKey
{
    [Alias("echo")]
    ValueTask<int> Echo(int value);
}

internal sealed class EchoGrain : Grain, IEchoGrain
{
    public ValueTask<int> Echo(int value) => ValueTask.FromResult(value);
}
