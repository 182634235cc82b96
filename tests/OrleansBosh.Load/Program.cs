// The load tool: `dotnet run --project tests/OrleansBosh.Load -- echo --sessions 100 --duration 10`. See LoadOptions.Help.
using OrleansBosh.Load.Scenarios;

if (args is ["cluster", ..] && !OperatingSystem.IsWindows()) return await ClusterCommand.RunAsync(args[1..]);

using var interruption = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    interruption.Cancel();
};
return await LoadCommand.RunAsync(args, Console.Out, Console.Error, interruption.Token);
