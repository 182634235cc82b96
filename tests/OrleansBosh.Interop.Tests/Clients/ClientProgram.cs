using System.Diagnostics;
using System.Text.Json;
using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests.Clients;

/// <summary>
/// A client library in a program of its own. It prints one line of JSON about what came to pass and ends with 0 only if everything was as
/// expected.
/// </summary>
public static class ClientProgram
{
    /// <summary>Longer than the programs' own limit, which says more.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(110);

    /// <summary>Where the programs in JavaScript live.</summary>
    public static string ScriptFolder => Path.Combine(Repository.Root, "tests", "OrleansBosh.Interop.Tests", "node");

    /// <summary>Runs it to its good end; any other is a failure of the test, with the context (a seed, for example) and what both sides said.</summary>
    public static async Task<JsonElement> RunAsync(NodeProcess node, string context, string program, params string[] arguments)
    {
        var (exitCode, output, errors) = await ExecuteAsync(program, arguments);
        Assert.True(exitCode == 0, $"{context}\nThe client says ({exitCode}): {output}{errors}\nThe node says:\n{node.Output}");
        using var result = JsonDocument.Parse(output);
        return result.RootElement.Clone();
    }

    /// <summary>Runs any program to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> ExecuteAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = ScriptFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Limit);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
