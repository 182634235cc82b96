using System.Buffers;
using System.Globalization;
using OrleansBosh.Cluster.Embedded;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;
using OrleansBosh.Server.FrontEnd;

namespace OrleansBosh.Server.Options;

/// <summary>The validated options, as the parts of the node run on them.</summary>
/// <param name="Listen">Where to listen.</param>
/// <param name="IsTrial">Loopback only and the domain <c>localhost</c>: what else needs an explicit option is on.</param>
/// <param name="DataFolder">Full path.</param>
/// <param name="Node">For the sessions.</param>
/// <param name="Domain">For the embedded domain.</param>
/// <param name="FrontEnd">For the front end.</param>
public sealed record ServerSettings(
    IReadOnlyList<ListenAddress> Listen,
    bool IsTrial,
    string DataFolder,
    BoshNodeSettings Node,
    EmbeddedDomainSettings Domain,
    BoshFrontEndSettings FrontEnd)
{
    /// <summary>What routing or a URL would take for something else.</summary>
    private static readonly SearchValues<char> NoPath = SearchValues.Create("{}?#* ");

    private const string AliasPath = "/bosh";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Stays below <see cref="IBoshSessionGrain.ResponseTimeout"/>.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    public string DataFile => Path.Combine(DataFolder, "orleans-bosh.db");

    /// <summary>Binds and validates the section <c>Bosh</c>.</summary>
    /// <exception cref="OptionsException">An option is unknown or wrong.</exception>
    public static ServerSettings Read(IConfiguration configuration)
    {
        var options = new BoshOptions();
        try
        {
            configuration.GetSection(BoshOptions.Section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException exception)
        {
            // The binder's message names the option and the value, or lists the unknown options.
            throw new OptionsException((exception.InnerException as FormatException is { } format ? $"{exception.Message} {format.Message}" : exception.Message));
        }

        return From(options);
    }

    /// <inheritdoc cref="Read"/>
    public static ServerSettings From(BoshOptions options)
    {
        CheckRanges(options);
        var listen = ReadListen(options.Urls);
        if (!Jid.TryPrepareDomain(options.Domain, out var domain)) throw Wrong("Domain", options.Domain, "must be a domain name like example.com");
        var publicHost = ReadPublicHost(options.PublicUrl);
        var path = options.Path.TrimEnd('/');
        if (!path.StartsWith('/') || path.AsSpan().ContainsAny(NoPath)) throw Wrong("Path", options.Path, "must be a path like /http-bind");

        var isTrial = domain == "localhost" && listen.All(address => address.IsLoopback);
        var session = new BoshSessionSettings
        {
            MaxWait = options.MaxWait,
            MaxHold = options.MaxHold,
            Inactivity = options.Inactivity,
            PollingInactivity = options.PollingInactivity,
            Polling = options.Polling,
            MaxPause = options.MaxPause,
            NegotiationTimeout = options.LoginTimeout,
            MaxQueueStanzas = options.MaxQueueStanzas,
            MaxQueueBytes = options.MaxQueueBytes,
        };
        return new(
            listen,
            isTrial,
            Path.GetFullPath(options.DataFolder),
            new(session, publicHost, options.SendNodeHostname),
            new(
                domain,
                options.AllowPlainWithoutTls ?? isTrial,
                options.AllowAnonymous ?? isTrial,
                options.AllowRegistration ?? isTrial,
                options.MaxOfflineMessages,
                options.MaxRosterItems,
                options.MaxResources,
                options.ScramIterations),
            new(
                path == AliasPath ? [path] : [path, AliasPath],
                options.MaxBodyBytes,
                new(options.MaxStanzaDepth, options.MaxAttributes, options.MaxPayloads, options.MaxStanzaBytes),
                $"This is the BOSH resource of {domain}. XMPP clients POST here (XEP-0124); people find the chat at /.\n"));
    }

    private static void CheckRanges(BoshOptions options)
    {
        Check(nameof(options.MaxWait), options.MaxWait, Second, LongestWait);
        Check(nameof(options.MaxHold), options.MaxHold, 0, 10);
        Check(nameof(options.Inactivity), options.Inactivity, Second, Day);
        Check(nameof(options.Polling), options.Polling, Second, TimeSpan.FromMinutes(10));
        Check(nameof(options.PollingInactivity), options.PollingInactivity, Second, Day);
        Check(nameof(options.MaxPause), options.MaxPause, TimeSpan.Zero, Day);
        Check(nameof(options.LoginTimeout), options.LoginTimeout, Second, TimeSpan.FromHours(1));
        Check(nameof(options.MaxBodyBytes), options.MaxBodyBytes, 4096, 64 * 1024 * 1024);
        Check(nameof(options.MaxStanzaBytes), options.MaxStanzaBytes, 1024, options.MaxBodyBytes);
        Check(nameof(options.MaxStanzaDepth), options.MaxStanzaDepth, 8, 1000);
        Check(nameof(options.MaxAttributes), options.MaxAttributes, 8, 1000);
        Check(nameof(options.MaxPayloads), options.MaxPayloads, 1, 10_000);
        Check(nameof(options.MaxQueueStanzas), options.MaxQueueStanzas, 10, 1_000_000);
        Check(nameof(options.MaxQueueBytes), options.MaxQueueBytes, options.MaxStanzaBytes, 1024 * 1024 * 1024);
        Check(nameof(options.MaxOfflineMessages), options.MaxOfflineMessages, 0, 1_000_000);
        Check(nameof(options.MaxRosterItems), options.MaxRosterItems, 1, 100_000);
        Check(nameof(options.MaxResources), options.MaxResources, 1, 1000);
        Check(nameof(options.ScramIterations), options.ScramIterations, 4096, 10_000_000);
        if (options.PollingInactivity <= options.Polling)
        {
            throw Wrong(nameof(options.PollingInactivity), Show(options.PollingInactivity), $"must be above Bosh:Polling, which is {Show(options.Polling)}");
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

    private static string? ReadPublicHost(string? publicUrl)
    {
        if (string.IsNullOrEmpty(publicUrl)) return null;
        return Uri.TryCreate(publicUrl, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri.Host
            : throw Wrong(nameof(BoshOptions.PublicUrl), publicUrl, "must be an absolute http or https URL like https://t1.example.com:5443/http-bind");
    }

    private static void Check<T>(string property, T value, T min, T max)
        where T : IComparable<T>
    {
        if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
        {
            throw Wrong(property, Show(value), $"must be from {Show(min)} to {Show(max)}");
        }
    }

    private static string Show<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"{value}");

    private static OptionsException Wrong(string property, string value, string rule) =>
        new($"{BoshOptions.Section}:{property} is '{value}'; it {rule}.");
}
