using System.Buffers;
using System.Net;
using OrleansBosh.Cluster.Embedded;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;
using OrleansBosh.Server.FrontEnd;

namespace OrleansBosh.Server.Options;

/// <summary>The validated options, as the parts of the node run on them.</summary>
/// <param name="Listen">Where to listen.</param>
/// <param name="IsTrial">Loopback only and the domain <c>localhost</c>: what else needs an explicit option is on.</param>
/// <param name="IsNameless">Others are served, and the node has no public name to advertise in <c>host</c>.</param>
/// <param name="DataFolder">Full path.</param>
/// <param name="CertificateFile">For the https addresses.</param>
/// <param name="CertificateKeyFile">Null when the key stands in the certificate's file.</param>
/// <param name="Cluster">The cluster that the node belongs to; null for a single node.</param>
/// <param name="Node">For the sessions.</param>
/// <param name="Domain">For the embedded domain.</param>
/// <param name="FrontEnd">For the front end.</param>
public sealed record ServerSettings(
    IReadOnlyList<ListenAddress> Listen,
    bool IsTrial,
    bool IsNameless,
    string DataFolder,
    string? CertificateFile,
    string? CertificateKeyFile,
    ClusterSettings? Cluster,
    BoshNodeSettings Node,
    EmbeddedDomainSettings Domain,
    BoshFrontEndSettings FrontEnd)
{
    /// <summary>What routing or a URL would take for something else.</summary>
    private static readonly SearchValues<char> NoPath = SearchValues.Create("{}?#* ");

    private static readonly string[] ReservedPaths = [ChatPage.InfoPath, NodeList.Path, Health.LivePath, Health.ReadyPath];

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private const string AliasPath = "/bosh";
    public string DataFile => Path.Combine(DataFolder, "orleans-bosh.db");

    /// <summary>Reads and validates the section <c>Bosh</c>.</summary>
    /// <exception cref="OptionsException">An option is unknown or wrong.</exception>
    public static ServerSettings Read(IConfiguration configuration) => From(OptionsReader.Read(configuration.GetSection(BoshOptions.Section)));

    /// <summary>Puts the settings together, and checks what no single option can tell.</summary>
    /// <exception cref="OptionsException">Options are wrong.</exception>
    public static ServerSettings From(BoshOptions options)
    {
        CheckRelations(options);
        var listen = ReadListen(options.Urls);
        if (!Jid.TryPrepareDomain(options.Domain, out var domain)) throw Wrong("Domain", options.Domain, "must be a domain name like example.com");
        var publicUrl = ReadPublicUrl(options.PublicUrl);
        var path = options.Path.TrimEnd('/');
        if (!path.StartsWith('/') || path.AsSpan().ContainsAny(NoPath)) throw Wrong("Path", options.Path, "must be a path like /http-bind");
        if (ReservedPaths.Contains(path, StringComparer.OrdinalIgnoreCase)) throw Wrong("Path", options.Path, $"must not be one of {string.Join(", ", ReservedPaths)}");

        // A public name means others behind a proxy, whatever address it listens on.
        var isLoopback = listen.All(address => address.IsLoopback) && publicUrl is null or { IsLoopback: true };
        if (listen.Exists(address => address.IsHttps) && string.IsNullOrEmpty(options.CertificateFile))
        {
            throw Wrong(nameof(options.CertificateFile), "", "must name a certificate, since Bosh:Urls has an https address");
        }

        var isTrial = domain == "localhost" && isLoopback;
        // Something says that clients come encrypted: here, at a proxy, or at the name that they are given.
        var isEncrypted = listen.Exists(address => address.IsHttps) || publicUrl?.Scheme == Uri.UriSchemeHttps;
        var allowsPlain = options.AllowPlainWithoutTls ?? isTrial;
        if (options.AllowRegistration == true && !allowsPlain && !isEncrypted)
        {
            throw Wrong("AllowRegistration", "true", "needs https, or Bosh:AllowPlainWithoutTls: a registration carries a password in the clear");
        }

        var session = new BoshSessionSettings
        {
            MaxWait = options.MaxWait,
            MaxHold = options.MaxHold,
            Inactivity = options.Inactivity,
            PollingInactivity = options.PollingInactivity,
            Polling = options.Polling,
            MaxPause = options.MaxPause,
            NegotiationTimeout = options.LoginTimeout,
            MaxStanzaBytesBeforeLogin = options.MaxStanzaBytesBeforeLogin,
            MaxQueueStanzas = options.MaxQueueStanzas,
            MaxQueueBytes = options.MaxQueueBytes,
            MaxOutboxStanzas = Math.Max(512, options.MaxPayloads),
        };
        return new(
            listen,
            isTrial,
            !isLoopback && publicUrl is null && options.SendNodeHostname,
            Path.GetFullPath(options.DataFolder),
            string.IsNullOrEmpty(options.CertificateFile) ? null : options.CertificateFile,
            string.IsNullOrEmpty(options.CertificateKeyFile) ? null : options.CertificateKeyFile,
            ClusterSettings.From(options, listen, publicUrl),
            new(session, publicUrl, options.SendNodeHostname, options.MaxSessionsPerAddress, options.MaxSessions),
            new(
                domain,
                allowsPlain,
                options.AllowAnonymous ?? isTrial,
                options.AllowRegistration ?? isTrial,
                options.MaxOfflineMessages,
                options.MaxRosterItems,
                options.MaxResources,
                options.ScramIterations,
                LoopbackOnly: isTrial,
                options.MaxRegistrationsPerHour),
            new(
                path.Equals(AliasPath, StringComparison.OrdinalIgnoreCase) ? [path] : [path, AliasPath],
                options.MaxBodyBytes,
                new(options.MaxStanzaDepth, options.MaxAttributes, options.MaxPayloads, options.MaxStanzaBytes),
                $"This is the BOSH resource of {domain}. XMPP clients POST here (XEP-0124); people find the chat at /.\n",
                ReadProxies(options.TrustedProxies),
                AllowHttp: options.AllowHttp ?? !isEncrypted,
                HttpsUrlOf(publicUrl, listen, path),
                ReadOrigins(options.CorsOrigins),
                options.CompressAnswers,
                new(BoshLimit.CreationRate, options.MaxCreationsPerMinute, Minute),
                new(BoshLimit.BadSidRate, options.MaxBadSidsPerMinute, Minute),
                new(BoshLimit.GoneSidRate, options.MaxGoneSidsPerMinute, Minute)));
    }

    private static void CheckRelations(BoshOptions options)
    {
        Check(options.PollingInactivity > options.Polling, nameof(options.PollingInactivity), options.PollingInactivity, "above", nameof(options.Polling), options.Polling);
        Check(options.MaxStanzaBytes <= options.MaxBodyBytes, nameof(options.MaxStanzaBytes), options.MaxStanzaBytes, "at most", nameof(options.MaxBodyBytes), options.MaxBodyBytes);
        Check(options.MaxStanzaBytesBeforeLogin <= options.MaxStanzaBytes, nameof(options.MaxStanzaBytesBeforeLogin), options.MaxStanzaBytesBeforeLogin, "at most", nameof(options.MaxStanzaBytes), options.MaxStanzaBytes);
        Check(options.MaxQueueBytes >= options.MaxStanzaBytes, nameof(options.MaxQueueBytes), options.MaxQueueBytes, "at least", nameof(options.MaxStanzaBytes), options.MaxStanzaBytes);

        static void Check<T>(bool isRight, string property, T value, string relation, string other, T otherValue)
        {
            if (!isRight) throw Wrong(property, OptionsReader.Show(value), $"must be {relation} Bosh:{other}, which is {OptionsReader.Show(otherValue)}");
        }
    }

    private static List<ListenAddress> ReadListen(string urls)
    {
        var listen = new List<ListenAddress>();
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!ListenAddress.TryParse(url, out var address, out var reason)) throw Wrong(nameof(BoshOptions.Urls), urls, $"is wrong: {reason}");
            listen.Add(address);
        }

        return listen.Count > 0 ? listen : throw Wrong(nameof(BoshOptions.Urls), urls, "must hold at least one address");
    }

    private static TrustedProxies ReadProxies(string proxies)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in proxies.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPAddress.TryParse(text, out var address)) networks.Add(new(address, address.GetAddressBytes().Length * 8));
            else if (IPNetwork.TryParse(text, out var network)) networks.Add(network);
            else throw Wrong(nameof(BoshOptions.TrustedProxies), proxies, "must hold addresses like 192.0.2.7 or networks like 192.0.2.0/24");
        }

        return new(networks);
    }

    private static CorsOrigins ReadOrigins(string origins)
    {
        if (origins == "*") return new(null);
        var list = origins.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Array.TrueForAll(list, origin => Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority) == origin)
            ? new(list)
            : throw Wrong(nameof(BoshOptions.CorsOrigins), origins, "must be * or origins like https://chat.example.com");
    }

    /// <summary>Where clients that came without encryption are sent: the public URL, or the https address here under the host they used.</summary>
    private static string? HttpsUrlOf(Uri? publicUrl, List<ListenAddress> listen, string path)
    {
        if (publicUrl?.Scheme == Uri.UriSchemeHttps) return publicUrl.AbsoluteUri;
        var https = listen.Find(address => address.IsHttps);
        return https is null ? null : $"{(publicUrl is null ? https.Url : $"https://{publicUrl.Host}:{https.Port}")}{path}";
    }

    private static Uri? ReadPublicUrl(string? publicUrl)
    {
        if (string.IsNullOrEmpty(publicUrl)) return null;
        // Clients and other nodes get to see it, so nothing but a URL to POST to: no user name, and not the root, where the chat page is.
        return Uri.TryCreate(publicUrl, UriKind.Absolute, out var uri)
            && uri is { Scheme: "http" or "https", AbsolutePath: not "/", Query: "", Fragment: "", UserInfo: "" }
            ? uri
            : throw Wrong(nameof(BoshOptions.PublicUrl), publicUrl, "must be an absolute http or https URL like https://t1.example.com:5443/http-bind");
    }

    private static OptionsException Wrong(string property, string value, string rule) => OptionsReader.Wrong(property, value, rule);
}
