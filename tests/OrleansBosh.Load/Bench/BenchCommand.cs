using System.Diagnostics;
using System.Globalization;

namespace OrleansBosh.Load.Bench;

/// <summary>
/// What <c>bench.sh</c> runs. In every round each row is measured at all its servers one after the other, so that what is compared is measured
/// within a minute, the servers in another order each time; then the page is written.
/// </summary>
internal sealed class BenchCommand(BenchOptions options)
{
    private readonly BenchResults _results = new();
    private readonly List<string> _problems = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>
    /// Returns the exit code: 0 all well, 1 something failed, or (<c>--quick</c>) a target is missed that was met, 2 wrong usage. Else a missed
    /// target is a figure, not a failure.
    /// </summary>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellation)
    {
        if (BenchOptions.Parse(args) is { } options)
            return options.IsHold ? await HoldCommand.RunAsync(options, cancellation) : await new BenchCommand(options).RunAsync(cancellation);
        await Console.Error.WriteLineAsync(BenchOptions.Usage);
        return 2;
    }

    private async Task<int> RunAsync(CancellationToken cancellation)
    {
        var machine = Machine.Describe();
        var rows = BenchRow.All.Where(row => (row.IsQuick || !options.IsQuick) && row.Arguments.Contains(options.Rows, StringComparison.Ordinal)).ToArray();
        var gate = new RegressionGate(options.IsQuick && File.Exists(BenchPage.Committed) ? await File.ReadAllTextAsync(BenchPage.Committed, cancellation) : "");
        TargetOutcome[] outcomes = [];
        await using (var fleet = new BenchFleet(options))
        {
            for (var round = 0; round < options.Rounds; round++)
            {
                foreach (var row in rows.Where(row => row.IsIn(round, options.Rounds)))
                    await MeasureAsync(fleet, row, round, cancellation);
                outcomes = [.. BenchTarget.All.Select(target => target.Judge(_results)).OfType<TargetOutcome>()];
                // Each time, so that a run that is interrupted was not for nothing.
                await WriteAsync(new(options with { Rounds = round + 1 }, machine, rows, _results, outcomes, _problems), gate, outcomes, cancellation);
                await Console.Error.WriteLineAsync($"round {round + 1} of {options.Rounds} done after {_clock.Elapsed:h\\:mm\\:ss}");
            }
        }

        Console.WriteLine(await File.ReadAllTextAsync(options.Page, cancellation));
        var regressions = gate.Regressions(outcomes);
        foreach (var regression in regressions) await Console.Error.WriteLineAsync($"missed, and met before: {regression}");
        return _problems.Count == 0 && regressions.Count == 0 ? 0 : 1;
    }

    private async Task WriteAsync(BenchPage page, RegressionGate gate, TargetOutcome[] outcomes, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.Page))!);
        var plot = Path.ChangeExtension(options.Page, ".svg");
        await File.WriteAllTextAsync(plot, BenchPlot.Draw(_results, page.Figures), cancellation);
        var written = page.Write(Path.GetFileName(plot));
        if (options.IsQuick)
            written = written.With(gate.Compare(outcomes));
        else if (File.Exists(options.Page))
            written = written.WithOthersOf(PageSections.Parse(await File.ReadAllTextAsync(options.Page, cancellation)));
        await File.WriteAllTextAsync(options.Page, written.ToString(), cancellation);
    }

    private async Task MeasureAsync(BenchFleet fleet, BenchRow row, int round, CancellationToken cancellation)
    {
        // Each is the first once in a while: whoever comes later may find a warmer or a busier machine.
        var servers = fleet.Servers.Where(server => row.Servers.Contains(server.Name) && (server.IsQuick || !options.IsQuick)).ToArray();
        for (var i = 0; i < servers.Length; i++)
        {
            var server = servers[(round + i) % servers.Length];
            string outcome;
            try
            {
                outcome = await MeasureAsync(fleet, server, row, round, cancellation);
            }
            catch (BenchException e)
            {
                // With the rest of what has failed, the next row might measure something else.
                await fleet.DropAsync(server);
                foreach (var figure in row.Figures) _results.AddFailure(figure.Name, server.Name, e.Message);
                outcome = $"failed: {e.Message}";
                Note(server, row, round, outcome);
            }

            await Console.Error.WriteLineAsync($"{_clock.Elapsed:h\\:mm\\:ss}  {server.Name,-22}  {row.Arguments,-38}  {outcome}");
        }
    }

    private async Task<string> MeasureAsync(BenchFleet fleet, BenchServer server, BenchRow row, int round, CancellationToken cancellation)
    {
        await using var own = row.IsIdle ? await fleet.StartAsync(server, cancellation) : null;
        var running = own ?? await fleet.GetAsync(server, cancellation);
        var arguments = row.NeedsAccounts ? $"{row.Arguments} --domain {running.AccountDomain} --mechanism SCRAM-SHA-1" : row.Arguments;
        var (warmup, duration) = row.IsIdle ? (options.IdleSeconds / 6, options.IdleSeconds) : (options.WarmupSeconds, options.Seconds);
        var (report, problem) = await BenchMeasurement.RunAsync(running, $"{arguments} --warmup {Math.Max(1, warmup)} --duration {duration}", cancellation);
        foreach (var figure in row.Figures) _results.Add(figure.Name, server.Name, round, figure.Value(report));
        if (problem is not null) Note(server, row, round, problem);
        var figures = row.Figures.Select(figure => string.Create(CultureInfo.InvariantCulture, $"{figure.Value(report):F2} {figure.Unit}"));
        return string.Create(
            CultureInfo.InvariantCulture, $"{string.Join(", ", figures)}; {report.Rate:F0}/s, own CPU {report.Client.CpuMicrosecondsPerOperation ?? 0:F0} µs");
    }

    private void Note(BenchServer server, BenchRow row, int round, string problem) =>
        _problems.Add($"{server.Name}, `{row.Arguments}`, round {round + 1}: {problem.ReplaceLineEndings(" ")}");
}
