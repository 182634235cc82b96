using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>What <c>./cluster.sh</c> runs, as a real process: it starts a cluster, keeps it complete, and leaves nothing behind.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class ClusterCommandTests : IDisposable
{
    /// <summary>A database server and nodes start on a machine that may do much else.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _temporary = Directory.CreateTempSubdirectory("cluster-command-");

    public ClusterCommandTests() =>
        // PostgreSQL's user has to pass through.
        _temporary.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public void Dispose() => _temporary.Delete(recursive: true);

    [Fact]
    public async Task It_starts_a_cluster_starts_a_killed_node_again_and_SIGTERM_leaves_nothing_behind()
    {
        var port = LoopbackPorts.FindFree(2);
        using var command = Start("2", "--port", $"{port}");
        var lines = Read(command);
        try
        {
            var second = await WaitForAsync(lines, NodeLine2());
            await WaitForAsync(lines, CtrlC());
            await AssertServesAsync(port);

            Process.GetProcessById(int.Parse(second.Groups["id"].ValueSpan, CultureInfo.InvariantCulture)).Kill();
            await WaitForAsync(lines, Killed());
            await WaitForAsync(lines, ServesAgain());
            await AssertServesAsync(port);

            var children = ProcessTree.DescendantsOf(command.Id);
            Assert.True(children.Count > 4, $"PostgreSQL and two nodes are more than {children.Count} processes.");
            using (var signal = Process.Start("kill", ["-TERM", $"{command.Id}"])) await signal.WaitForExitAsync();
            await command.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(0, command.ExitCode);
            // A last shell may still be on its way out.
            for (var clock = Stopwatch.StartNew(); children.Exists(ProcessTree.IsRunning) && clock.Elapsed < TimeSpan.FromSeconds(20);) await Task.Delay(50);
            Assert.Empty(children.Where(ProcessTree.IsRunning).Select(ProcessTree.Describe));
            Assert.Empty(_temporary.GetDirectories("orleans-bosh-*").Select(folder => folder.FullName));
        }
        finally
        {
            if (!command.HasExited) command.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task A_port_in_use_is_one_clear_line()
    {
        var port = LoopbackPorts.FindFree(2);
        using var other = new TcpListener(IPAddress.Parse("127.0.0.2"), port);
        other.Start();
        using var command = Start("2", "--port", $"{port}");
        var error = await command.StandardError.ReadToEndAsync().WaitAsync(Limit);
        await command.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(1, command.ExitCode);
        Assert.Equal($"127.0.0.2:{port} is in use. Stop the other program, or take another port: ./cluster.sh 2 --port {port + 10}\n", error);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("many")]
    [InlineData("--port")]
    [InlineData("--port", "80000")]
    public async Task Wrong_arguments_are_answered_with_the_usage(params string[] arguments)
    {
        using var command = Start(arguments);
        var error = await command.StandardError.ReadToEndAsync().WaitAsync(Limit);
        await command.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(2, command.ExitCode);
        Assert.StartsWith("Usage: ./cluster.sh [N] [--port PORT]", error, StringComparison.Ordinal);
    }

    private static async Task AssertServesAsync(int port)
    {
        using var http = new HttpClient { Timeout = Limit };
        for (var number = 1; number <= 2; number++)
        {
            var root = $"http://127.0.0.{number}:{port}/";
            Assert.Contains("<html", await http.GetStringAsync(root), StringComparison.OrdinalIgnoreCase);
            // Nodes hear of each other a moment later than each of them serves.
            string[] hosts = [];
            for (var clock = Stopwatch.StartNew(); hosts.Length != 2 && clock.Elapsed < Limit;)
            {
                using var nodes = JsonDocument.Parse(await http.GetStringAsync(root + "nodes"));
                hosts = [.. nodes.RootElement.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("host").GetString()!).Order()];
            }

            Assert.Equal(["127.0.0.1", "127.0.0.2"], hosts);
        }
    }

    private Process Start(params string[] arguments)
    {
        var built = Repository.ServerAssembly
            .Replace("OrleansBosh.Server", "OrleansBosh.Load", StringComparison.Ordinal)
            .Replace(Path.Combine(Repository.Root, "src"), Path.Combine(Repository.Root, "tests"), StringComparison.Ordinal);
        var start = new ProcessStartInfo("dotnet", [built, "cluster", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TMPDIR"] = _temporary.FullName;
        return Process.Start(start)!;
    }

    private static ChannelReader<string> Read(Process command)
    {
        var lines = Channel.CreateUnbounded<string>();
        command.OutputDataReceived += (_, e) => Add(e.Data);
        command.ErrorDataReceived += (_, e) => Add(e.Data);
        command.BeginOutputReadLine();
        command.BeginErrorReadLine();
        command.EnableRaisingEvents = true;
        command.Exited += (_, _) => lines.Writer.TryComplete();
        return lines.Reader;

        void Add(string? line)
        {
            if (line is not null) lines.Writer.TryWrite(line);
        }
    }

    private static async Task<Match> WaitForAsync(ChannelReader<string> lines, Regex pattern)
    {
        using var limit = new CancellationTokenSource(Limit);
        var seen = new List<string>();
        try
        {
            await foreach (var line in lines.ReadAllAsync(limit.Token))
            {
                seen.Add(line);
                if (pattern.Match(line) is { Success: true } match) return match;
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // It says below what there was instead.
        }

        Assert.Fail($"'{pattern}' did not come, but:\n{string.Join('\n', seen)}");
        throw new UnreachableException();
    }

    [GeneratedRegex(@"^node 2 +chat page .* process (?<id>\d+)$")]
    private static partial Regex NodeLine2();

    [GeneratedRegex(@"^Ctrl\+C stops everything")]
    private static partial Regex CtrlC();

    [GeneratedRegex("^node 2 ended: killed")]
    private static partial Regex Killed();

    [GeneratedRegex(@"^node 2 serves again, process \d+")]
    private static partial Regex ServesAgain();
}
