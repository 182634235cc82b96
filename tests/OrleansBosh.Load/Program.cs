// The load tool: `dotnet run --project tests/OrleansBosh.Load -- echo --sessions 100 --duration 10`. See LoadOptions.Help.
using OrleansBosh.Load.Bench;
using OrleansBosh.Load.Scenarios;

if (args is ["cluster", ..] && !OperatingSystem.IsWindows()) return await ClusterCommand.RunAsync(args[1..]);
if (args is ["floor", var url]) return await KestrelFloor.ServeAsync(url);

using var interruption = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    interruption.Cancel();
};
return args is ["bench", ..]
    ? await BenchCommand.RunAsync(args[1..], interruption.Token)
    : await LoadCommand.RunAsync(args, Console.Out, Console.Error, interruption.Token);
