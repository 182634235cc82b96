using System.Text.Json;
using OrleansBosh.Load;
using OrleansBosh.Load.Scenarios;

namespace OrleansBosh.Interop.Tests.LoadTests;

/// <summary>The load generator against a server process, for what only a process has.</summary>
public sealed class LoadProcessTests
{
    [Fact]
    public async Task It_runs_over_https_and_reports_what_the_server_process_used()
    {
        using var authority = new TestAuthority();
        var certificate = Path.GetTempFileName();
        await File.WriteAllTextAsync(certificate, authority.Issue("127.0.0.1"));
        await using var node = await NodeProcess.StartAsync(new()
        {
            Authority = authority,
            Settings = new Dictionary<string, string> { ["AllowAnonymous"] = "true", ["CertificateFile"] = certificate },
        });
        File.Delete(certificate);
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await LoadCommand.RunAsync(
            ["echo", "--sessions", "5", "--operations", "40", "--insecure", "--url", $"{node.BoshUrl}", "--server-pid", $"{node.Id}", "--json", "-", "--quiet"],
            output, error);

        Assert.True(code == 0, error.ToString());
        Assert.StartsWith("https:", $"{node.BoshUrl}", StringComparison.Ordinal);
        using var report = JsonDocument.Parse(output.ToString());
        Assert.Equal(200, report.RootElement.GetProperty("operations").GetInt64());
        var server = report.RootElement.GetProperty("server");
        Assert.InRange(server.GetProperty("cpuSeconds").GetDouble(), 0.001, 1000);
        // No .NET process is smaller.
        Assert.InRange(server.GetProperty("residentBytes").GetInt64(), 20_000_000, long.MaxValue);
    }
}
