using System.Diagnostics;
using System.Text.Json;
using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests;

/// <summary>Strophe.js in Node.js: the BOSH client under Converse.js, without a browser around it.</summary>
public sealed class StropheTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private static string Folder => Path.Combine(Repository.Root, "tests", "OrleansBosh.Interop.Tests", "node");

    [Fact]
    [Trait("Rule", "P-NEG-02")]
    [Trait("Rule", "P-RT-06")]
    [Trait("Rule", "P-RT-07")]
    [Trait("Rule", "P-RT-11")]
    public async Task Strophe_logs_in_by_scram_manages_contacts_and_exchanges_messages_in_order()
    {
        Assert.True(Directory.Exists(Path.Combine(Folder, "node_modules")), $"The packages are missing: run 'npm ci' in {Folder} (test.sh does).");
        await using var node = await NodeProcess.StartAsync();
        var (exitCode, output) = await RunAsync("strophe.mjs", node.BoshUrl.ToString(), "localhost");

        Assert.True(exitCode == 0, $"{output}\nThe node says:\n{node.Output}");
        using var result = JsonDocument.Parse(output);
        Assert.StartsWith("SCRAM-SHA-", result.RootElement.GetProperty("mechanism").GetString(), StringComparison.Ordinal);
        Assert.Equal(100, result.RootElement.GetProperty("messages").GetInt32());
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("node", arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Limit);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
