using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Core.Internal;
using Orleans.Runtime.Placement;
using Orleans.TestingHost;
using OrleansBosh.Cluster.Embedded;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Protocol.Sasl;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>Silos with the embedded domain and test sessions: two for all tests of the collection, or more for a test that kills some.</summary>
public sealed class EmbeddedDomainCluster : IAsyncLifetime
{
    public const string Domain = "example.org";
    public const string Password = "secret";

    /// <summary>So few that a test can fill them.</summary>
    internal static readonly EmbeddedDomainSettings Settings = new(
        Domain, AllowAnonymous: true, AllowRegistration: true, MaxOfflineMessages: 5, MaxRosterItems: 4, MaxResources: 3,
        ScramIterations: ScramCredentials.MinIterations, MaxRegistrationsPerHour: 20);

    private readonly short _siloCount;
    private readonly TimeProvider? _time;
    private InProcessTestCluster? _cluster;
    private int _lastUser;

    public EmbeddedDomainCluster()
        : this(2, null)
    {
    }

    internal EmbeddedDomainCluster(short siloCount, TimeProvider? time)
    {
        _siloCount = siloCount;
        _time = time;
    }

    internal MemoryStores Stores { get; } = new();

    internal CallCounts Calls { get; } = new();

    internal TestInboxes Inboxes { get; } = new();

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(_siloCount);
        builder.Options.ConfigureFileLogging = false;
        builder.Options.InitializeClientOnDeploy = false;
#pragma warning disable ORLEANSEXP003 // as in the product, see BoshSiloExtensions
        builder.Options.UseDistributedGrainDirectory = true;
#pragma warning restore ORLEANSEXP003
        builder.ConfigureHost(host => host.Logging.SetMinimumLevel(LogLevel.Error));
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<IAccountStore>(Stores);
            silo.Services.AddSingleton<IRosterStore>(Stores);
            silo.Services.AddSingleton<IOfflineStore>(Stores);
            silo.Services.AddSingleton(Inboxes);
            if (_time is not null)
            {
                silo.Services.AddSingleton(_time);
                silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
            }

            silo.AddIncomingGrainCallFilter(Calls);
            silo.Services.AddEmbeddedDomain(Settings);
            silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(10));

            // Test sessions stand in for it, and an interface may have one implementation only.
            silo.Services.Configure<GrainTypeOptions>(options => options.Classes.Remove(typeof(BoshSessionGrain)));
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
    }

    /// <summary>Lets Orleans collect everything that is idle, at once.</summary>
    internal Task CollectIdleGrainsAsync() => Grains(0).GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    /// <summary>The account's grain loses its memory, as when its node dies.</summary>
    internal Task ForgetAsync(string bareJid) => _cluster!.DeactivateAsync(Grains(0).GetGrain<IUserGrain>(bareJid));

    /// <summary>The account's grain moves away from its sessions.</summary>
    internal async Task MoveAsync(string bareJid, int silo)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, _cluster!.Silos[silo].SiloAddress);
        await Grains(0).GetGrain<IUserGrain>(bareJid).Cast<IGrainManagementExtension>().MigrateOnIdle();
        RequestContext.Clear();
        await ComesToAsync(bareJid, silo);
    }

    /// <summary>The account's grain is, or will be, on this silo.</summary>
    internal Task ComesToAsync(string bareJid, int silo) => Eventually.IsTrueAsync(
        async () => await FindAsync(bareJid) is [var only] && only.Equals(_cluster!.Silos[silo].SiloAddress), $"the grain of {bareJid} is on silo {silo}");

    /// <summary>Asks the silos themselves: what one of them remembers of another may be out of date.</summary>
    private async Task<SiloAddress[]> FindAsync(string bareJid)
    {
        var id = Grains(0).GetGrain<IUserGrain>(bareJid).GetGrainId();
        var grains = await Grains(0).GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return [.. grains.Where(grain => grain.GrainId.Equals(id)).Select(grain => grain.SiloAddress)];
    }

    internal Task AddSiloAsync() => _cluster!.StartAdditionalSiloAsync();

    internal Task KillAsync(int silo) => _cluster!.KillSiloAsync(_cluster.Silos[silo]);

    internal Task StopAsync(int silo) => _cluster!.StopSiloAsync(_cluster.Silos[silo]);

    /// <summary>The client's session is lost without a word to anybody, while its silo goes on.</summary>
    internal Task LoseAsync(TestClient client) => _cluster!.DeactivateAsync(client.Session);

    /// <summary>A name that no other test has.</summary>
    internal string NewName(string prefix) => $"{prefix}{Interlocked.Increment(ref _lastUser)}";

    /// <summary>A new account with <see cref="Password"/>.</summary>
    internal async Task<string> AddUserAsync(string prefix)
    {
        var name = NewName(prefix);
        await AddNamedUserAsync(name);
        return name;
    }

    internal async Task AddNamedUserAsync(string name) =>
        await Stores.AddAsync(Domain, name, ScramCredentials.FromPassword(Password, Settings.ScramIterations));

    /// <summary>A stream that has its first features.</summary>
    /// <param name="silo">0 or 1: where the session is.</param>
    /// <param name="isEncrypted">Whether the client's connection is.</param>
    /// <param name="lang">The stream's language.</param>
    /// <param name="clientAddress">The client's address; by default one that no other client has.</param>
    internal async Task<TestClient> OpenAsync(int silo = 0, bool isEncrypted = true, string? lang = null, string? clientAddress = null)
    {
        var id = Guid.NewGuid();
        var session = Grains(silo).GetGrain<ITestSessionGrain>(id);
        await session.Open(Domain, lang, isEncrypted, clientAddress ?? new IPAddress(id.ToByteArray()).ToString());
        return new(session, Inboxes[id]);
    }

    private IGrainFactory Grains(int silo) => _cluster!.Silos[silo].ServiceProvider.GetRequiredService<IGrainFactory>();

    /// <summary>A client that is logged in and bound, without presence.</summary>
    internal async Task<TestClient> LogInAsync(string name, string? resource = null, int silo = 0, string? lang = null)
    {
        var client = await OpenAsync(silo, lang: lang);
        await client.AuthenticateAsync("PLAIN", name, Password);
        await client.BindAsync(resource);
        return client;
    }

    /// <summary>A client that has asked for its roster and is available.</summary>
    internal async Task<TestClient> ComeOnlineAsync(string name, string? resource = null, int silo = 0)
    {
        var client = await LogInAsync(name, resource, silo);
        await client.AskAsync("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
        await client.BecomeAvailableAsync();
        return client;
    }

    /// <summary>Two users, one on each silo, who see each other's presence.</summary>
    internal async Task<(TestClient Romeo, TestClient Juliet)> MeetAsync()
    {
        var romeo = await ComeOnlineAsync(await AddUserAsync("romeo"), silo: 0);
        var juliet = await ComeOnlineAsync(await AddUserAsync("juliet"), silo: 1);
        await romeo.SendAsync($"<presence type='subscribe' to='{juliet.Bare}'/>");
        await juliet.UntilAsync(s => s.Type == "subscribe");
        await juliet.SendAsync($"<presence type='subscribed' to='{romeo.Bare}'/>");
        await romeo.UntilAsync(s => s.Name == "presence" && s.From == juliet.Jid && s.Type is null);
        await juliet.SendAsync($"<presence type='subscribe' to='{romeo.Bare}'/>");
        await romeo.UntilAsync(s => s.Type == "subscribe");
        await romeo.SendAsync($"<presence type='subscribed' to='{juliet.Bare}'/>");
        await juliet.UntilAsync(s => s.Name == "presence" && s.From == romeo.Jid && s.Type is null);
        return (romeo, juliet);
    }
}

[CollectionDefinition(Name)]
public sealed class EmbeddedDomainCollection : ICollectionFixture<EmbeddedDomainCluster>
{
    public const string Name = "embedded domain";
}
