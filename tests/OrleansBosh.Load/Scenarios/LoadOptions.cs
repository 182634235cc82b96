using System.Globalization;
using System.Net;

namespace OrleansBosh.Load.Scenarios;

/// <summary>What the command line asks for.</summary>
internal sealed class LoadOptions
{
    public const string Help = """
        Usage: OrleansBosh.Load <scenario> [options]

        Scenarios
          login                 opens sessions, logs in and out
          echo                  every session pings the domain, one iq after the other
          chat                  pairs write at each other at the same time; loss, duplicates and disorder are found

        Or: OrleansBosh.Load cluster [N] [--port PORT], a cluster on this machine; see cluster.sh.

        Options
          --url URL             a node's BOSH URL; may be given several times   (http://localhost:5280/http-bind)
          --pick HOW            round-robin or random node for each session      (round-robin)
          --wrong-node          after login, each session talks to the next node instead of its own
          --follow-host         go to the node that the host attribute names
          --resolve NAME=ADDR   connect to ADDR for the host NAME; may be given several times
          --domain NAME         the XMPP domain                                  (localhost)
          --mechanism NAME      ANONYMOUS, PLAIN, SCRAM-SHA-1, SCRAM-SHA-256, SCRAM-SHA-512   (ANONYMOUS)
          --user PREFIX         accounts are PREFIX0, PREFIX1, …                 (load)
          --password TEXT       the password of all of them                      (secret)
          --register            create the accounts first (in-band registration)
          --sessions N          sessions of login and echo                       (10)
          --pairs N             pairs of chat                                    (10)
          --messages N          messages in each direction, pings of each session   (100)
          --parallel N          logins at the same time                          (32)
          --cut PERCENT         resets the connections of so many requests within 20 ms   (0)
          --wait SECONDS        longest time that a request is held              (60)
          --timeout SECONDS     without progress a session is given up           (60)
          --seed N              makes the run repeatable where the network lets it
          --help                this text

        Exit code: 0 all well, 1 something was lost, doubled, disordered or failed, 2 wrong usage.
        """;

    private readonly Dictionary<string, IPAddress> _addresses = new(StringComparer.OrdinalIgnoreCase);

    public string Scenario { get; private set; } = "";
    public List<Uri> Urls { get; } = [];
    public bool PicksRandomly { get; private set; }
    public bool UsesWrongNode { get; private set; }
    public bool FollowsHost { get; private set; }
    public string Domain { get; private set; } = "localhost";
    public string Mechanism { get; private set; } = "ANONYMOUS";
    public string UserPrefix { get; private set; } = "load";
    public string Password { get; private set; } = "secret";
    public bool Registers { get; private set; }
    public int Sessions { get; private set; } = 10;
    public int Pairs { get; private set; } = 10;
    public int Messages { get; private set; } = 100;
    public int Parallel { get; private set; } = 32;
    public int CutPercent { get; private set; }
    public TimeSpan Wait { get; private set; } = TimeSpan.FromSeconds(60);
    public TimeSpan Timeout { get; private set; } = TimeSpan.FromSeconds(60);
    public int Seed { get; private set; } = Random.Shared.Next();

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

        if (options.Scenario is not ("login" or "echo" or "chat"))
            throw new FormatException($"'{options.Scenario}' is not a scenario; there are login, echo and chat.");
        if (options.Urls.Count == 0)
            options.Urls.Add(new Uri("http://localhost:5280/http-bind"));
        return options;
    }

    public EndPoint Resolve(DnsEndPoint named) =>
        _addresses.TryGetValue(named.Host, out var address) ? new IPEndPoint(address, named.Port) : named;

    private bool TrySetFlag(string name)
    {
        switch (name)
        {
            case "--wrong-node": return UsesWrongNode = true;
            case "--follow-host": return FollowsHost = true;
            case "--register": return Registers = true;
            default: return false;
        }
    }

    private void Set(string name, string value)
    {
        switch (name)
        {
            case "--url": Urls.Add(ToUrl(value)); break;
            case "--pick": PicksRandomly = value switch { "random" => true, "round-robin" => false, _ => throw Wrong(name, value) }; break;
            case "--resolve": AddAddress(name, value); break;
            case "--domain": Domain = value; break;
            case "--mechanism": Mechanism = value.ToUpperInvariant(); break;
            case "--user": UserPrefix = value; break;
            case "--password": Password = value; break;
            case "--sessions": Sessions = ToNumber(name, value); break;
            case "--pairs": Pairs = ToNumber(name, value); break;
            case "--messages": Messages = ToNumber(name, value); break;
            case "--parallel": Parallel = ToNumber(name, value); break;
            case "--cut": CutPercent = ToNumber(name, value); break;
            case "--wait": Wait = TimeSpan.FromSeconds(ToNumber(name, value)); break;
            case "--timeout": Timeout = TimeSpan.FromSeconds(ToNumber(name, value)); break;
            case "--seed": Seed = ToNumber(name, value); break;
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

    private static int ToNumber(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw Wrong(name, value);

    private static FormatException Wrong(string name, string value) => new($"{name} cannot be '{value}'.");
}
