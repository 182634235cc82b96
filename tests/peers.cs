// Runs the black-box suite against Prosody and ejabberd, and writes what each row of the catalogue came to into tests/peers.tsv, from
// which the conformance page takes it. A peer that fails a row fails nothing here; a peer that cannot be started does.
// Cases that test a choice of ours are left out, and so are those of optional features that a peer does not offer.
// Usage (test.sh --peers does it, after the build): dotnet run tests/peers.cs -- ROOT CONFIGURATION
#:project OrleansBosh.Load
using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansBosh.Load.Peers;

var (root, configuration) = (args[0], args[1]);
var results = Path.Combine(root, "artifacts", "peer-results");
// A peer's optional features of XEP-0124, of those in the trait Scope.
var offers = new Dictionary<string, string[]> { ["prosody"] = [], ["ejabberd"] = ["keys", "pause"] };
string[] features = ["acks", "keys", "pause"];
// Short timers, since each case that waits for one of them is that long. A peer has one limit of inactivity for sessions that hold
// requests and for those that poll, so it must be well above `polling`.
var settings = new PeerSettings
{
    MaxWait = TimeSpan.FromSeconds(60),
    Inactivity = TimeSpan.FromSeconds(5),
    Polling = TimeSpan.FromSeconds(2),
    MaxPause = TimeSpan.FromSeconds(10),
    Accounts = new Dictionary<string, string> { ["romeo"] = "montague" },
};

var cases = FindCases(Path.Combine(root, "tests", "OrleansBosh.Interop.Tests", "Wire"));
if (Directory.Exists(results)) Directory.Delete(results, recursive: true);
var catalogue = File.ReadLines(Path.Combine(root, "tests", "catalogue.tsv")).Select(line => line.Split('\t'));
var levels = catalogue.ToDictionary(row => row[0], row => row[1]);
var table = levels.Keys.ToDictionary(rule => rule, _ => new List<string>());
foreach (var peer in Peer.All)
{
    var outcomes = await RunSuiteAsync(peer);
    if (!outcomes.Exists(outcome => outcome.Passed))
    {
        Console.Error.WriteLine($"No case passed against {peer.Name}.");
        return 1;
    }

    foreach (var (rule, cells) in table) cells.Add(ResultOf(peer, rule, outcomes));
    var passed = outcomes.Count(outcome => outcome.Passed);
    Console.WriteLine($"{peer.Name}: {Count("passed")} rows passed, {Count("failed")} failed; {passed} of {outcomes.Count} cases passed");

    int Count(string result) => table.Values.Count(cells => cells[^1].StartsWith(result, StringComparison.Ordinal));
}

var header = string.Join('\t', ["rule", .. Peer.All.Select(peer => $"{peer.Name} {VersionOf(peer.Name)}")]);
File.WriteAllLines(Path.Combine(root, "tests", "peers.tsv"), [header, .. table.Select(row => string.Join('\t', [row.Key, .. row.Value]))]);
return 0;

// Each case's outcome. Those that failed run once more: nobody is accused because this machine was busy.
async Task<List<Outcome>> RunSuiteAsync(Peer peer)
{
    var excluded = features.Except(offers[peer.Name]).Append("ours").Select(scope => $"Scope!={scope}");
    var filter = string.Join('&', ["Suite=wire", .. excluded]);
    await using var process = await PeerProcess.StartAsync(peer, settings);
    var first = await RunAsync(process, "first", filter);
    var failed = first.Where(outcome => !outcome.Passed).ToList();
    if (failed.Count == 0 || failed.Count == first.Count) return first;

    var methods = failed.Select(outcome => $"FullyQualifiedName~.{outcome.Class}.{outcome.Method}").Distinct();
    var again = await RunAsync(process, "again", $"{filter}&({string.Join('|', methods)})");
    return [.. first.Select(outcome => again.Find(repeat => repeat.Name == outcome.Name && repeat.Passed) ?? outcome)];
}

async Task<List<Outcome>> RunAsync(PeerProcess server, string run, string filter)
{
    var log = $"{server.Peer.Name}-{run}.trx";
    string[] arguments =
    [
        "test", Path.Combine(root, "tests", "OrleansBosh.Interop.Tests"), "--configuration", configuration,
        "--no-build", "--nologo", "--verbosity", "quiet", "--filter", filter, "--results-directory", results, "--logger", $"trx;LogFileName={log}", "--logger", "console;verbosity=quiet",
        "--blame-hang-timeout", "3m", "--blame-hang-dump-type", "none",
    ];
    var start = new ProcessStartInfo("dotnet", arguments);
    start.Environment["BOSH_URL"] = server.BoshUrl.ToString();
    start.Environment["BOSH_DOMAIN"] = server.Peer.GuestDomain;
    (start.Environment["BOSH_ACCOUNT"], start.Environment["BOSH_PASSWORD"]) = ($"romeo@{server.Peer.AccountDomain}", "montague");
    using var process = Process.Start(start)!;
    // What it ends with is not asked: failures are what this is for.
    await process.WaitForExitAsync();
    return ReadOutcomes(Path.Combine(results, log));
}

string ResultOf(Peer peer, string rule, List<Outcome> outcomes)
{
    var ofRule = cases.Where(test => test.Rules.Contains(rule)).ToList();
    var ran = outcomes.Where(outcome => ofRule.Exists(test => (test.Class, test.Method) == (outcome.Class, outcome.Method))).ToList();
    if (ran.Count == 0) return ofRule.Exists(test => features.Except(offers[peer.Name]).Contains(test.Scope)) ? "not offered" : "–";
    var failed = ran.Count(outcome => !outcome.Passed);
    // What a server may do, it may leave.
    return failed == 0 ? "passed" : levels[rule] == "MAY" ? "not offered" : $"failed ({failed} of {ran.Count})";
}

static List<Outcome> ReadOutcomes(string path)
{
    XNamespace ns = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
    var run = XDocument.Load(path);
    // A run that hangs is ended; what it has left out must not pass for "no case".
    if (run.Descendants(ns + "RunInfo").Any(info => info.Value.Contains("test run was aborted", StringComparison.OrdinalIgnoreCase)))
        throw new InvalidOperationException($"{path} is not complete.");
    var methods = run.Descendants(ns + "UnitTest")
        .ToDictionary(test => test.Attribute("id")!.Value, test => test.Element(ns + "TestMethod")!);
    return [.. run.Descendants(ns + "UnitTestResult").Select(result =>
    {
        var method = methods[result.Attribute("testId")!.Value];
        return new Outcome(
            method.Attribute("className")!.Value.Split('.')[^1],
            method.Attribute("name")!.Value.Split('(')[0].Split('.')[^1],
            result.Attribute("testName")!.Value,
            result.Attribute("outcome")!.Value == "Passed");
    })];
}

// From the sources, since the log of a run has no traits.
static List<Case> FindCases(string folder)
{
    var trait = new Regex("""Trait\("(Rule|Scope)", "([^"]+)"\)""");
    var type = new Regex(@"^public (?:sealed |abstract )?class (\w+)");
    var method = new Regex(@"^ {4}public (?:async )?(?:Task|void) (\w+)\(");
    var found = new List<Case>();
    foreach (var file in Directory.EnumerateFiles(folder, "*.cs"))
    {
        var (name, pending) = ("", new List<(string Key, string Value)>());
        foreach (var line in File.ReadLines(file))
        {
            pending.AddRange(trait.Matches(line).Select(match => (match.Groups[1].Value, match.Groups[2].Value)));
            if (type.Match(line) is { Success: true } ofType) (name, pending) = (ofType.Groups[1].Value, []);
            if (method.Match(line) is not { Success: true } test) continue;
            var rules = pending.Where(item => item.Key == "Rule").Select(item => item.Value).ToList();
            found.Add(new(name, test.Groups[1].Value, rules, pending.Find(item => item.Key == "Scope").Value));
            pending = [];
        }
    }

    return found;
}

// As upstream counts: without the revision of the package.
static string VersionOf(string package)
{
    string[] query = ["-W", "-f=${Version}", package];
    using var process = Process.Start(new ProcessStartInfo("dpkg-query", query) { RedirectStandardOutput = true })!;
    return process.StandardOutput.ReadToEnd().Split('-')[0];
}

internal sealed record Case(string Class, string Method, List<string> Rules, string? Scope);

internal sealed record Outcome(string Class, string Method, string Name, bool Passed);
