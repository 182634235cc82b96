using OrleansBosh.Cluster.Limits;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>What the front end of a node runs on.</summary>
/// <param name="Paths">The paths of the BOSH resource, without trailing slash; each is served with one, too.</param>
/// <param name="MaxBodyBytes">The largest entity.</param>
/// <param name="BodyLimits">What the reader lets through.</param>
/// <param name="Greeting">What a person sees who opens the BOSH resource in a browser.</param>
/// <param name="Proxies">Whose forwarding headers count.</param>
/// <param name="AllowHttp">Sessions may be opened without encryption (B-SEC-01).</param>
/// <param name="HttpsUrl">The BOSH URL for encrypted clients; null where there is none.</param>
/// <param name="Origins">Whose pages may use the resource.</param>
/// <param name="CompressAnswers">Compress answers for clients that accept it.</param>
/// <param name="CreationRate">New sessions of one client address.</param>
/// <param name="BadSidRate">Requests of one client address with a sid that we did not make.</param>
/// <param name="GoneSidRate">Requests of one client address with the sid of a session that is gone.</param>
public sealed record BoshFrontEndSettings(
    IReadOnlyList<string> Paths,
    int MaxBodyBytes,
    BoshBodyLimits BodyLimits,
    string Greeting,
    TrustedProxies Proxies,
    bool AllowHttp,
    string? HttpsUrl,
    CorsOrigins Origins,
    bool CompressAnswers,
    AddressLimit CreationRate,
    AddressLimit BadSidRate,
    AddressLimit GoneSidRate);
