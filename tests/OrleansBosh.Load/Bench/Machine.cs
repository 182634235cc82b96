using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansBosh.Load.Bench;

/// <summary>What was measured on, as rows of the page.</summary>
internal static class Machine
{
    public static IReadOnlyList<(string Name, string Value)> Describe() =>
    [
        ("date", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
        ("processor", $"{Line("/proc/cpuinfo", "model name")}, {Environment.ProcessorCount} cores"),
        ("memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB"),
        ("system", $"{Line("/etc/os-release", "PRETTY_NAME").Trim('"')}, kernel {Environment.OSVersion.Version}"),
        ("load average at the start", File.ReadAllText("/proc/loadavg").Split(' ')[0]),
        ("OrleansBosh", Output("git", "-C", Repository.Root, "describe", "--always", "--dirty")),
        (".NET", RuntimeInformation.FrameworkDescription),
        ("ejabberd", Output("dpkg-query", "-W", "-f", "${Version}", "ejabberd")),
        ("Prosody", Output("dpkg-query", "-W", "-f", "${Version}", "prosody")),
    ];

    private static string Line(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split([':', '='], 2)[1].Trim() ?? "unknown";

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : "unknown";
    }
}
