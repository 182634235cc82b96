using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace OrleansBosh.Server.Options;

/// <summary>
/// What an operator may write, in the section <c>Bosh</c> of <c>appsettings.json</c>, as environment variable (<c>Bosh__Domain</c>) or on
/// the command line (<c>--Bosh:Domain</c>). Descriptions, defaults and ranges are the README's table; a test compares them.
/// </summary>
public sealed class BoshOptions
{
    public const string Section = "Bosh";

    [Description("Addresses to listen on, `http` or `https`, separated by semicolons. `localhost` is loopback by IPv4 and IPv6, `*` every address.")]
    public string Urls { get; set; } = "http://localhost:5280";

    [Description("Path of the BOSH resource, with and without trailing slash; `/bosh` always works as well.")]
    public string Path { get; set; } = "/http-bind";

    [Description("How clients reach this node; its host name is what `host` advertises. Required in a cluster. Empty: the host of the client's first request.")]
    public string? PublicUrl { get; set; }

    [Description("Certificate of the `https` addresses: PEM with its chain, or PKCS #12 without password. Read again when it changes.")]
    public string? CertificateFile { get; set; }

    [Description("Private key of the certificate (PEM). Empty: it stands in the certificate's file.")]
    public string? CertificateKeyFile { get; set; }

    [Description("Serve clients without encryption. Empty: unless an address or `Bosh:PublicUrl` is `https`; then they are sent there.")]
    public bool? AllowHttp { get; set; }

    [Description("Proxies whose `X-Forwarded-For`/`-Proto` and `Forwarded` count: IP addresses or networks (CIDR), separated by semicolons.")]
    public string TrustedProxies { get; set; } = "";

    [Description("Origins of pages that may use the BOSH resource (CORS), separated by semicolons; `*` is any.")]
    public string CorsOrigins { get; set; } = "*";

    [Description("Compress answers for clients that accept `br` or `gzip`. Off: lengths of compressed secrets can be guessed from outside.")]
    public bool CompressAnswers { get; set; }

    [Description("Put the name of the node that owns the session into `host` of every `<body/>` (Tigase: `bosh/send-node-hostname`).")]
    public bool SendNodeHostname { get; set; } = true;

    [Description("The XMPP domain that the embedded server serves, the same on all nodes of a cluster. Its database keeps that of the first node; a node with another one says so and does not start. To change it stop all nodes and run `database set-domain NAME`.")]
    public string Domain { get; set; } = "localhost";

    [Description("Folder of the SQLite file with accounts, rosters and offline messages; unused in a cluster.")]
    public string DataFolder { get; set; } = "data";

    [Description("Connection string of a PostgreSQL database (`Host=…;Database=…;Username=…;Password=…`). Makes this node a member of the cluster of all that use it.")]
    public string? Database { get; set; }

    [Description("How long the start waits for a database that cannot be used.")]
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DatabasePatience { get; set; } = TimeSpan.FromMinutes(2);

    [Description("Name of the cluster, the same on all its nodes. Clusters with different names can share a database if each serves a domain of its own: accounts belong to the domain, and two clusters with the same ones would lose messages.")]
    public string ClusterId { get; set; } = "orleans-bosh";

    [Description("Private IP address, with or without port, at which the other nodes of the cluster reach this one. Empty: this machine's only private address, port 11111. Nothing but the other nodes may reach it.")]
    public string? SiloAddress { get; set; }

    [Description("Offer SASL PLAIN on connections without TLS. Empty: only in the loopback trial.")]
    public bool? AllowPlainWithoutTls { get; set; }

    [Description("Let guests in (SASL ANONYMOUS). Empty: only in the loopback trial.")]
    public bool? AllowAnonymous { get; set; }

    [Description("Let people register an account (XEP-0077). Empty: only in the loopback trial.")]
    public bool? AllowRegistration { get; set; }

    [Description("Longest `wait` of a client.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(60);

    [Description("Largest `hold` of a client.")]
    [Range(0, 10)]
    public int MaxHold { get; set; } = 1;

    [Description("A session ends when its client has no request open for this long.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Inactivity { get; set; } = TimeSpan.FromSeconds(60);

    [Description("The same for sessions that poll (`hold='0'` or `wait='0'`).")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan PollingInactivity { get; set; } = TimeSpan.FromSeconds(90);

    [Description("Shortest time between two empty requests of a session that polls.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Polling { get; set; } = TimeSpan.FromSeconds(5);

    [Description("Longest pause; `00:00:00` switches pausing off.")]
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan MaxPause { get; set; } = TimeSpan.FromSeconds(120);

    [Description("A session that has not logged in after this long ends.")]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LoginTimeout { get; set; } = TimeSpan.FromSeconds(60);

    [Description("Largest entity of a request, in bytes.")]
    [Range(4096, 64 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    [Description("Largest stanza of a client that has not logged in, in bytes.")]
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxStanzaBytesBeforeLogin { get; set; } = 64 * 1024;

    [Description("Largest stanza, in bytes.")]
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxStanzaBytes { get; set; } = 256 * 1024;

    [Description("Deepest nesting of elements in a stanza.")]
    [Range(8, 1000)]
    public int MaxStanzaDepth { get; set; } = 64;

    [Description("Most attributes of one element.")]
    [Range(8, 1000)]
    public int MaxAttributes { get; set; } = 64;

    [Description("Most stanzas in one request.")]
    [Range(1, 10_000)]
    public int MaxPayloads { get; set; } = 256;

    [Description("Most sessions of this node at the same time.")]
    [Range(1, 10_000_000)]
    public int MaxSessions { get; set; } = 50_000;

    [Description("Most sessions of one client address (IPv4, or IPv6 /64) at this node at the same time.")]
    [Range(1, 1_000_000)]
    public int MaxSessionsPerAddress { get; set; } = 1000;

    [Description("Most new sessions of one client address in a minute.")]
    [Range(1, 1_000_000)]
    public int MaxCreationsPerMinute { get; set; } = 600;

    [Description("Most requests of one client address in a minute with a session id that was never given out.")]
    [Range(1, 1_000_000)]
    public int MaxBadSidsPerMinute { get; set; } = 300;

    [Description("Most requests of one client address in a minute with the id of a session that is gone: enough for a company behind one address when a node fails.")]
    [Range(1, 1_000_000)]
    public int MaxGoneSidsPerMinute { get; set; } = 20_000;

    [Description("Most new accounts of one client address in an hour.")]
    [Range(1, 1_000_000)]
    public int MaxRegistrationsPerHour { get; set; } = 60;

    [Description("Most stanzas that wait for a client. Then what others send waits or is stored; a client that does not fetch what it asked for loses its session.")]
    [Range(10, 1_000_000)]
    public int MaxQueueStanzas { get; set; } = 2000;

    [Description("Most bytes of stanzas that wait for a client; beyond, the same.")]
    [Range(1024, 1024 * 1024 * 1024)]
    public int MaxQueueBytes { get; set; } = 4 * 1024 * 1024;

    [Description("Most messages stored for one user who is away.")]
    [Range(0, 1_000_000)]
    public int MaxOfflineMessages { get; set; } = 500;

    [Description("Most contacts in one roster.")]
    [Range(1, 100_000)]
    public int MaxRosterItems { get; set; } = 1000;

    [Description("Most resources (devices, tabs) of one account at the same time.")]
    [Range(1, 1000)]
    public int MaxResources { get; set; } = 20;

    [Description("Iterations of the password hash (SCRAM) for new passwords.")]
    [Range(4096, 10_000_000)]
    public int ScramIterations { get; set; } = 10_000;
}
