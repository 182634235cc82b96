using System.Globalization;
using System.Net;

namespace OrleansBosh.Load.Scenarios;

/// <summary>What the command line asks for.</summary>
internal sealed class LoadOptions
{
    public const string Help = """
        Usage: OrleansBosh.Load <scenario> [options]

        Scenarios
          login                 sessions log in (ANONYMOUS: 7 requests) and out, again and again
          login-roster          the same with accounts: roster with contacts, and the presence of all of them
          idle                  sessions log in and wait
          echo                  every session pings the domain
          chat                  pairs write to each other; loss, duplicates and disorder are found
          churn                 a standing number of sessions, of which some leave, half of them without a word, and others come
          post                  no BOSH: a POST of the size of an echo, at any HTTP server

        Or: OrleansBosh.Load cluster [N] [--port PORT], a cluster on this machine; see cluster.sh.

        Load
          --sessions N          sessions; of login and login-roster: at the same time   (10)
          --pairs N             pairs of chat                                    (10)
          --rate N              operations per second in all; without: each session does one after the other
          --window N            operations of one session at the same time       (1)
          --duration SECONDS    of the measurement
          --operations N        of each session where no duration is given       (100)
          --warmup SECONDS      operations (or idle time) before, that do not count   (0)
          --contacts N          in the roster of login-roster                    (50)
          --size BYTES          of a message of chat                             (64)

        Clients
          --url URL             a node's BOSH URL; may be given several times   (http://localhost:5280/http-bind)
          --pick HOW            round-robin or random node for each session      (round-robin)
          --wrong-node          each session talks to the next node instead of the one that opened it
          --follow-host         go to the node that the host attribute names
          --resolve NAME=ADDR   connect to ADDR for the host NAME; may be given several times
          --insecure            accept any certificate of an https server
          --connections N       of each session at the same time                 (2)
          --domain NAME         the XMPP domain                                  (localhost)
          --mechanism NAME      ANONYMOUS, PLAIN, SCRAM-SHA-1, SCRAM-SHA-256, SCRAM-SHA-512   (ANONYMOUS)
          --user PREFIX         accounts are PREFIX0, PREFIX1, … and contacts PREFIXc0, …   (load)
          --password TEXT       the password of all of them                      (secret)
          --register            create the accounts first (in-band registration)
          --parallel N          logins at the same time before the measurement   (32)
          --cut PERCENT         resets the connections of so many requests within 20 ms   (0)
          --wait SECONDS        longest time that a request is held              (60)
          --timeout SECONDS     an operation that takes longer has failed        (60)
          --seed N              makes the run repeatable where the network lets it

        Report
          --server-pid PID      measure processor time and memory of this process and its children; may be given several times
          --json FILE           write the figures there as well; - is the standard output, instead of the table
          --quiet               no progress
          --help                this text

        A latency is counted from the moment when the operation was due: at a fixed rate that is not when a late client began it.
        Exit code: 0 all well, 1 something was lost, doubled, disordered or failed, 2 wrong usage.
        """;

    public static readonly IReadOnlyList<string> Scenarios = ["login", "login-roster", "idle", "echo", "chat", "churn", "post"];

    private readonly Dictionary<string, IPAddress> _addresses = new(StringComparer.OrdinalIgnoreCase);

    public string Scenario { get; private set; } = "";
    public int Sessions { get; private set; } = 10;
    public int Pairs { get; private set; } = 10;
    public int? Rate { get; private set; }
    public int Window { get; private set; } = 1;
    public TimeSpan? Duration { get; private set; }
    public int Operations { get; private set; } = 100;
    public TimeSpan Warmup { get; private set; }
    public int Contacts { get; private set; } = 50;
    public int Size { get; private set; } = 64;
    public List<Uri> Urls { get; } = [];
    public bool PicksRandomly { get; private set; }
    public bool UsesWrongNode { get; private set; }
    public bool FollowsHost { get; private set; }
    public bool AcceptsAnyCertificate { get; private set; }
    public int Connections { get; private set; } = 2;
    public string Domain { get; private set; } = "localhost";
    public string Mechanism { get; private set; } = "ANONYMOUS";
    public string UserPrefix { get; private set; } = "load";
    public string Password { get; private set; } = "secret";
    public bool Registers { get; private set; }
    public int Parallel { get; private set; } = 32;
    public int CutPercent { get; private set; }
    public TimeSpan Wait { get; private set; } = TimeSpan.FromSeconds(60);
    public TimeSpan Timeout { get; private set; } = TimeSpan.FromSeconds(60);
    public int Seed { get; private set; } = Random.Shared.Next();
    public List<int> ServerProcesses { get; } = [];
    public string? JsonFile { get; private set; }
    public bool IsQuiet { get; private set; }

    /// <exception cref="FormatException">The command line is wrong; the message says where.</exception>
    public static LoadOptions Parse(IReadOnlyList<string> args)
    {
        var options = new LoadOptions();
        for (var i = 0; i < args.Count; i++)
        {
            if (options.TrySetFlag(args[i]))
                continue;
            if (!args[i].StartsWith("--", StringComparison.Ordinal) && options.Scenario.Length == 0)
                options.Scenario = args[i];
            else if (i + 1 == args.Count)
                throw new FormatException($"'{args[i]}' is not an option, or its value is missing.");
            else
                options.Set(args[i], args[++i]);
        }

        options.Check();
        return options;
    }

    public EndPoint Resolve(DnsEndPoint named) =>
        _addresses.TryGetValue(named.Host, out var address) ? new IPEndPoint(address, named.Port) : named;

    private void Check()
    {
        if (!Scenarios.Contains(Scenario))
            throw new FormatException($"'{Scenario}' is not a scenario; there are {string.Join(", ", Scenarios)}.");
        if (Urls.Count == 0)
            Urls.Add(new Uri("http://localhost:5280/http-bind"));
        if (UsesWrongNode && Urls.Count == 1)
            throw new FormatException("--wrong-node needs a second --url.");
        if (Scenario == "login-roster" && Mechanism == "ANONYMOUS")
            throw new FormatException("login-roster needs accounts: --mechanism, and --register where they do not exist yet.");
        if (ServerProcesses.Count > 0 && !OperatingSystem.IsLinux())
            throw new FormatException("--server-pid reads /proc, which only Linux has.");
    }

    private bool TrySetFlag(string name)
    {
        switch (name)
        {
            case "--wrong-node": return UsesWrongNode = true;
            case "--follow-host": return FollowsHost = true;
            case "--insecure": return AcceptsAnyCertificate = true;
            case "--register": return Registers = true;
            case "--quiet": return IsQuiet = true;
            default: return false;
        }
    }

    private void Set(string name, string value)
    {
        switch (name)
        {
            case "--sessions": Sessions = ToNumber(name, value); break;
            case "--pairs": Pairs = ToNumber(name, value); break;
            case "--rate": Rate = ToNumber(name, value); break;
            case "--window": Window = ToNumber(name, value); break;
            case "--duration": Duration = ToSeconds(name, value); break;
            case "--operations": Operations = ToNumber(name, value); break;
            case "--warmup": Warmup = ToSeconds(name, value); break;
            case "--contacts": Contacts = ToNumber(name, value); break;
            case "--size": Size = ToNumber(name, value); break;
            case "--url": Urls.Add(ToUrl(value)); break;
            case "--pick": PicksRandomly = value switch { "random" => true, "round-robin" => false, _ => throw Wrong(name, value) }; break;
            case "--resolve": AddAddress(name, value); break;
            case "--connections": Connections = ToNumber(name, value); break;
            case "--domain": Domain = value; break;
            case "--mechanism": Mechanism = value.ToUpperInvariant(); break;
            case "--user": UserPrefix = value; break;
            case "--password": Password = value; break;
            case "--parallel": Parallel = ToNumber(name, value); break;
            case "--cut": CutPercent = ToNumber(name, value); break;
            case "--wait": Wait = ToSeconds(name, value); break;
            case "--timeout": Timeout = ToSeconds(name, value); break;
            case "--seed": Seed = ToNumber(name, value); break;
            case "--server-pid": ServerProcesses.Add(ToNumber(name, value)); break;
            case "--json": JsonFile = value; break;
            default: throw new FormatException($"'{name}' is not an option.");
        }
    }

    private void AddAddress(string name, string value)
    {
        var parts = value.Split('=', 2);
        if (parts.Length != 2 || !IPAddress.TryParse(parts[1], out var address))
            throw Wrong(name, value);
        _addresses[parts[0]] = address;
    }

    private static Uri ToUrl(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : throw Wrong("--url", value);

    private static TimeSpan ToSeconds(string name, string value) => TimeSpan.FromSeconds(ToNumber(name, value));

    private static int ToNumber(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw Wrong(name, value);

    private static FormatException Wrong(string name, string value) => new($"{name} cannot be '{value}'.");
}
