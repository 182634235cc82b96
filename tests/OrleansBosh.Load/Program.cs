// The load tool: `dotnet run --project tests/OrleansBosh.Load -- chat --pairs 10 --messages 100`. See LoadOptions.Help.
using OrleansBosh.Load.Scenarios;

if (args.Length == 0 || args.Contains("--help"))
{
    Console.WriteLine(LoadOptions.Help);
    return args.Length == 0 ? 2 : 0;
}

if (args is ["cluster", ..] && !OperatingSystem.IsWindows()) return await ClusterCommand.RunAsync(args[1..]);

LoadOptions options;
try
{
    options = LoadOptions.Parse(args);
}
catch (FormatException e)
{
    Console.Error.WriteLine($"{e.Message} See --help.");
    return 2;
}

using var interruption = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    interruption.Cancel();
};

using var run = new LoadRun(options);
Console.WriteLine($"{options.Scenario} at {string.Join(", ", options.Urls)}, seed {options.Seed}");
try
{
    var report = options.Scenario switch
    {
        "login" => await LoginScenario.RunAsync(run, interruption.Token),
        "echo" => await EchoScenario.RunAsync(run, interruption.Token),
        _ => await ChatScenario.RunAsync(run, interruption.Token),
    };
    Console.Write(report.AddMetrics(run.Metrics));
}
catch (OperationCanceledException) when (interruption.IsCancellationRequested)
{
    Console.Error.WriteLine("Interrupted.");
    return 1;
}

foreach (var problem in run.Problems.Take(10))
    Console.Error.WriteLine($"  ! {problem}");
if (run.Problems.Count > 10)
    Console.Error.WriteLine($"  ! and {run.Problems.Count - 10} more");
return run.Problems.IsEmpty ? 0 : 1;
