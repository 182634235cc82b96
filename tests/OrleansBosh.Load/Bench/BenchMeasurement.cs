using System.Globalization;
using OrleansBosh.Load.Scenarios;

namespace OrleansBosh.Load.Bench;

/// <summary>One run of the load generator at one server.</summary>
internal static class BenchMeasurement
{
    /// <summary>An operation that takes longer has failed.</summary>
    private const int OperationSeconds = 60;

    /// <summary>For logins, rosters and goodbyes around the measurement.</summary>
    private static readonly TimeSpan Around = TimeSpan.FromMinutes(3);

    /// <summary>What fails of more operations than this makes a figure worthless.</summary>
    private const double ToleratedShare = 0.001;

    /// <returns>The report, and what went wrong all the same.</returns>
    /// <exception cref="BenchException">Too much went wrong.</exception>
    public static async Task<(LoadReport Report, string? Problem)> RunAsync(RunningServer server, string arguments, CancellationToken cancellation)
    {
        var options = LoadOptions.Parse(
        [
            .. arguments.Split(' '), "--quiet", "--timeout", $"{OperationSeconds}",
            .. server.Urls.SelectMany(url => new[] { "--url", $"{url}" }),
            .. server.ProcessIds.SelectMany(id => new[] { "--server-pid", $"{id}" }),
        ]);
        var run = new LoadRun(options);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.Warmup + options.Duration!.Value + Around);
        LoadReport report;
        try
        {
            report = await new ScenarioRun(run).RunAsync(limit.Token);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Whatever it was: the other rows and servers are measured all the same.
            throw new BenchException(Explain(run) ?? (limit.IsCancellationRequested ? "it did not come to an end" : e.Message), e);
        }

        // What this leaves behind is not to be collected during the next one.
        GC.Collect();
        var problem = Explain(run);
        // The sessions count for idle ones, which have no operations.
        if (problem is not null && run.Checks.Wrong > ToleratedShare * Math.Max(report.Operations, report.Sessions)) throw new BenchException(problem);
        return (report, problem);
    }

    /// <summary>Null: all is well.</summary>
    private static string? Explain(LoadRun run)
    {
        if (run.Checks.IsClean) return null;
        var checks = run.Checks;
        var counts = new (string Name, long Count)[]
        {
            ("operations failed", checks.Failed), ("sessions lost", checks.LostSessions), ("messages lost", checks.Lost),
            ("doubled", checks.Duplicates), ("out of order", checks.OutOfOrder), ("unasked-for", checks.Foreign),
        };
        var text = string.Join(", ", counts.Where(item => item.Count > 0).Select(item => string.Create(CultureInfo.InvariantCulture, $"{item.Count:N0} {item.Name}")));
        return run.Problems.TryPeek(out var first) ? $"{text} ({first})" : text;
    }
}
