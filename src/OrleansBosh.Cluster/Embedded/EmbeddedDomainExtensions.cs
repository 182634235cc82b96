using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Cluster.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>Registers the embedded domain.</summary>
public static class EmbeddedDomainExtensions
{
    /// <summary>
    /// Makes the embedded domain the backend of the silo's sessions. The caller registers the three stores
    /// (<see cref="Storage.IAccountStore"/>, <see cref="Storage.IRosterStore"/>, <see cref="Storage.IOfflineStore"/>); all nodes must
    /// have the same settings.
    /// </summary>
    public static IServiceCollection AddEmbeddedDomain(this IServiceCollection services, EmbeddedDomainSettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton<DomainQueries>();
        // Shared with the silo's sessions and front end, whichever is registered first.
        services.TryAddSingleton<LocalSessions>();
        services.TryAddSingleton<BoshMeter>();
        services.TryAddSingleton<AddressLimits>();
        services.AddSingleton<Registration>();
        services.AddSingleton<DirectSessions>();
        services.AddSingleton<SiloWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<SiloWatch>());
        services.AddSingleton<ResourceLeases>();
        services.AddHostedService(provider => provider.GetRequiredService<ResourceLeases>());
        services.AddSingleton<StanzaRouter>();
        services.AddSingleton<IXmppBackend, EmbeddedBackend>();
        return services;
    }
}
