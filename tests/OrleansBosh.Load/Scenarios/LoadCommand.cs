using System.Text.Json;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Load.Scenarios;

/// <summary>The load generator as a command: arguments in, a table or JSON out.</summary>
public static class LoadCommand
{
    private const int MaxProblems = 10;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Returns the exit code: 0 all well, 1 something was lost, doubled, disordered or failed, 2 wrong usage.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        if (args.Count == 0 || args.Contains("--help"))
        {
            await output.WriteLineAsync(LoadOptions.Help);
            return args.Count == 0 ? 2 : 0;
        }

        LoadOptions options;
        try
        {
            options = LoadOptions.Parse(args);
        }
        catch (FormatException e)
        {
            await error.WriteLineAsync($"{e.Message} See --help.");
            return 2;
        }

        await error.WriteLineAsync($"{options.Scenario} at {string.Join(", ", options.Urls)}, seed {options.Seed}");
        return await RunAsync(new LoadRun(options), output, error, cancellation);
    }

    private static async Task<int> RunAsync(LoadRun run, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        try
        {
            var report = await new ScenarioRun(run).RunAsync(cancellation);
            await WriteAsync(report, run.Options.JsonFile, output, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await error.WriteLineAsync("Interrupted.");
            return 1;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or TimeoutException or BoshTerminatedException or BoshProtocolException or HttpSyntaxException)
        {
            await error.WriteLineAsync(e.Message);
            return 1;
        }

        foreach (var problem in run.Problems.Take(MaxProblems)) await error.WriteLineAsync($"  ! {problem}");
        if (run.Problems.Count > MaxProblems) await error.WriteLineAsync($"  ! and {run.Problems.Count - MaxProblems} more");
        return run.Checks.IsClean ? 0 : 1;
    }

    private static async Task WriteAsync(LoadReport report, string? jsonFile, TextWriter output, CancellationToken cancellation)
    {
        var json = JsonSerializer.Serialize(report, Json);
        if (jsonFile is not null and not "-") await File.WriteAllTextAsync(jsonFile, json + "\n", cancellation);
        if (jsonFile == "-") await output.WriteLineAsync(json);
        else await output.WriteAsync(ReportTable.Of(report));
    }
}
