using System.Globalization;
using OrleansBosh.Load.Scenarios;

namespace OrleansBosh.Load.Bench;

/// <summary>
/// What <c>bench.sh</c> runs: in every round each server is started afresh and goes through the same rows, the servers in another order each
/// time; then the page is written.
/// </summary>
internal sealed class BenchCommand
{
    private const string Usage = "Usage: bench --server PATH/OrleansBosh.Server.dll --page FILE.md [--quick] [--rounds N]";

    private readonly BenchResults _results = new();
    private readonly List<string> _problems = [];
    private readonly string _serverAssembly;
    private readonly string _page;
    private readonly bool _isQuick;
    private readonly int _rounds;

    private BenchCommand(string serverAssembly, string page, bool isQuick, int rounds) =>
        (_serverAssembly, _page, _isQuick, _rounds) = (serverAssembly, page, isQuick, rounds);

    /// <summary>How long a row is measured, after half as long to warm up.</summary>
    private int Seconds => _isQuick ? 4 : 20;

    /// <summary>Returns the exit code: 0 all well, 1 something was lost or failed, 2 wrong usage. A missed target is a figure, not a failure.</summary>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellation)
    {
        string? server = null, page = null;
        var (isQuick, rounds) = (false, 0);
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "--quick": isQuick = true; break;
                case "--server": (server, i) = (value, i + 1); break;
                case "--page": (page, i) = (value, i + 1); break;
                case "--rounds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out rounds) && rounds > 0: i++; break;
                default: server = null; i = args.Length; break;
            }
        }

        if (server is null || page is null)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }

        return await new BenchCommand(server, page, isQuick, rounds > 0 ? rounds : isQuick ? 1 : 9).RunAsync(cancellation);
    }

    private async Task<int> RunAsync(CancellationToken cancellation)
    {
        var machine = Machine.Describe();
        var (servers, rows) = (BenchServer.All(_serverAssembly), BenchRow.All(_isQuick));
        for (var round = 0; round < _rounds; round++)
        {
            // Each is the first once in a while: whoever comes later may find a warmer or a busier machine.
            for (var i = 0; i < servers.Count; i++) await RunServerAsync(servers[(round + i) % servers.Count], rows, round, cancellation);
        }

        var pages = new BenchPage(_results, machine, _rounds, Seconds, _problems);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_page))!);
        var plot = Path.ChangeExtension(_page, ".svg");
        await File.WriteAllTextAsync(plot, BenchPlot.Draw(_results, rows), cancellation);
        var text = pages.Write(rows, Path.GetFileName(plot));
        await File.WriteAllTextAsync(_page, text, cancellation);
        Console.WriteLine(text);
        return _problems.Count == 0 ? 0 : 1;
    }

    private async Task RunServerAsync(BenchServer server, IReadOnlyList<BenchRow> rows, int round, CancellationToken cancellation)
    {
        await using var running = await server.Start(cancellation);
        var scenarios = rows.Where(row => row.Servers.Contains(server.Name)).ToArray();
        // Nothing is to be measured of a server that has never been asked anything.
        if (server.Name != BenchServer.FloorName) await MeasureAsync(running, "echo --sessions 50 --duration 3", cancellation);
        foreach (var row in scenarios)
        {
            // Idle sessions are to have settled, and do too little to be measured in a moment.
            var (warmup, duration) = row.Arguments.StartsWith("idle", StringComparison.Ordinal) ? (10, 3 * Seconds) : (Seconds / 2, Seconds);
            var (report, problems) = await MeasureAsync(running, $"{row.Arguments} --warmup {warmup} --duration {duration}", cancellation);
            foreach (var figure in row.Figures) _results.Add(figure.Name, server.Name, round, figure.Value(report));
            _problems.AddRange(problems.Take(3).Select(problem => $"{server.Name}, `{row.Arguments}`, round {round + 1}: {problem}"));
            var figures = row.Figures.Select(figure => string.Create(CultureInfo.InvariantCulture, $"{figure.Value(report):F2} {figure.Unit}"));
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"round {round + 1}  {server.Name,-22}  {row.Arguments,-34}  {string.Join(", ", figures)}; {report.Rate:F0}/s, own CPU {report.Client.CpuMicrosecondsPerOperation ?? 0:F0} µs"));
        }
    }

    private static async Task<(LoadReport Report, IReadOnlyCollection<string> Problems)> MeasureAsync(
        RunningServer server, string arguments, CancellationToken cancellation)
    {
        string[] all =
        [
            .. arguments.Split(' '), "--quiet",
            .. server.Urls.SelectMany(url => new[] { "--url", $"{url}" }),
            .. server.ProcessIds.SelectMany(id => new[] { "--server-pid", $"{id}" }),
        ];
        var run = new LoadRun(LoadOptions.Parse(all));
        var report = await new ScenarioRun(run).RunAsync(cancellation);
        // What the last row left behind is not to be collected during the next.
        GC.Collect();
        return (report, run.Checks.IsClean ? [] : [.. run.Problems, "not everything arrived once and in order"]);
    }
}
