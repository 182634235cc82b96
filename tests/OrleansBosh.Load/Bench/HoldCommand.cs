using System.Globalization;

namespace OrleansBosh.Load.Bench;

/// <summary>As many sessions as the files of a process allow, for ten minutes, and none lost; renews its section of the page.</summary>
internal static class HoldCommand
{
    /// <summary>20,000 files are a usual limit of a process.</summary>
    private const int Sessions = 19_000;

    private const int SettleSeconds = 10;

    /// <summary>Returns the exit code: 0 all held, 1 not.</summary>
    public static async Task<int> RunAsync(BenchOptions options, CancellationToken cancellation)
    {
        var machine = Machine.Describe();
        await Console.Error.WriteLineAsync($"{Sessions} sessions, {options.HoldSeconds} s");
        string text;
        var hasFailed = false;
        try
        {
            await using var server = await BenchServer.StartOursAsync(options.ServerAssembly, cancellation);
            var (report, problem) = await BenchMeasurement.RunAsync(
                server, $"idle --sessions {Sessions} --connections 1 --warmup {SettleSeconds} --duration {options.HoldSeconds}", cancellation);
            hasFailed = problem is not null;
            text = string.Create(CultureInfo.InvariantCulture, $"""
                {report.Sessions:N0} idle sessions on one node, each with a held request on a connection of its own, `wait` 60 s, for {report.Seconds:F0} s:
                {problem ?? "none lost"}. Memory {report.Server!.ResidentBytesPerSession / 1024.0:F1} KiB per session, {report.Server.ResidentBytes >> 20:N0} MiB in all; CPU
                {report.Server.CpuMillisecondsPerSessionAndMinute:F3} ms per session and minute. A login took {report.LoginTime.P50:F0} ms (median) while they came.
                """);
        }
        catch (BenchException e)
        {
            (hasFailed, text) = (true, $"failed: {e.Message.ReplaceLineEndings(" ")}");
        }

        text += $"\n\n`./bench.sh --hold`; {string.Join(", ", machine.Where(item => item.Name is not ("ejabberd" or "Prosody")).Select(item => $"{item.Name} {item.Value}"))}.";
        var page = PageSections.Parse(File.Exists(options.Page) ? await File.ReadAllTextAsync(options.Page, cancellation) : "# Benchmarks\n");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.Page))!);
        await File.WriteAllTextAsync(options.Page, page.With(("Many sessions at once", text)).ToString(), cancellation);
        Console.WriteLine(text);
        return hasFailed ? 1 : 0;
    }
}
