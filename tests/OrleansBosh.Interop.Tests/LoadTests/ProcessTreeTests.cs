using System.Diagnostics;
using System.Runtime.Versioning;
using OrleansBosh.Load.Measure;

namespace OrleansBosh.Interop.Tests.LoadTests;

[SupportedOSPlatform("linux")]
public sealed class ProcessTreeTests
{
    /// <summary>The kernel reports hundredths of a second, rounded for each process.</summary>
    private static readonly TimeSpan Rounding = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task The_time_of_children_counts_while_they_run_and_after_their_end()
    {
        // A grandchild does the work, says so, and then waits for the end of its input.
        const string work = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; read line";
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"(sh -c '{work}'); echo ended; read line"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var tree = new ProcessTree([shell.Id]);

        Assert.Equal("done", await shell.StandardOutput.ReadLineAsync());
        var running = tree.Read();
        await shell.StandardInput.WriteLineAsync();
        Assert.Equal("ended", await shell.StandardOutput.ReadLineAsync());
        var ended = tree.Read();
        await shell.StandardInput.WriteLineAsync();
        await shell.WaitForExitAsync();

        Assert.True(running.Cpu > TimeSpan.Zero, $"{running}");
        Assert.InRange(ended.Cpu, running.Cpu - Rounding, running.Cpu + TimeSpan.FromSeconds(1));
        Assert.InRange(running.ResidentBytes, ended.ResidentBytes + 1, long.MaxValue);
    }

    [Fact]
    public void This_process_measures_the_same_as_the_runtime()
    {
        var tree = new ProcessTree([Environment.ProcessId]);
        var before = (Tree: tree.Read().Cpu, Runtime: Environment.CpuUsage.TotalTime);
        while (Environment.CpuUsage.TotalTime < before.Runtime + TimeSpan.FromMilliseconds(200)) Thread.SpinWait(1000);
        var used = tree.Read().Cpu - before.Tree;
        // Other tests may run in between; what they and their children use is not less.
        Assert.InRange(used, TimeSpan.FromMilliseconds(200) - Rounding, TimeSpan.MaxValue);
    }

    [Fact]
    public void A_process_that_is_gone_is_said_to_be()
    {
        using var process = Process.Start("true");
        process.WaitForExit();
        var error = Assert.Throws<InvalidOperationException>(() => new ProcessTree([process.Id]).Read());
        Assert.Contains($"{process.Id}", error.Message, StringComparison.Ordinal);
    }
}
