using System.Globalization;
using System.Text;
using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.ServerProcess;

/// <summary>What a process costs when little is asked of it, or too much. Nothing else runs beside these tests.</summary>
[Collection(nameof(CostTests))]
public class CostTests(ITestOutputHelper output)
{
    private const long MiB = 1024 * 1024;

    [Fact]
    public async Task Two_hundred_bodies_of_10_MB_raise_the_working_set_by_at_most_32_MiB()
    {
        await using var node = await NodeProcess.StartAsync();
        await SendTooLargeAsync(node, 5); // warms up: code and buffers that stay anyway
        var before = WorkingSet(node);
        for (var round = 0; round < 10; round++) await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SendTooLargeAsync(node, 1)));
        var growth = PeakWorkingSet(node) - before;
        output.WriteLine($"working set {before / MiB} MiB, at its peak {growth / MiB} MiB more");
        Assert.InRange(growth, long.MinValue, 32 * MiB);
    }

    [Fact]
    public async Task Without_sessions_a_node_takes_at_most_2_percent_of_a_core()
    {
        await using var node = await NodeProcess.StartAsync();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(30));
        // The first half minute is start-up: compilation in the background, timers that fire once.
        await timer.WaitForNextTickAsync();
        var before = CpuTime(node);
        await timer.WaitForNextTickAsync();
        var percent = (CpuTime(node) - before) / TimeSpan.FromSeconds(30) * 100;
        output.WriteLine($"idle: {percent:F2} % of a core");
        Assert.InRange(percent, 0, 2);
    }

    [Fact]
    public async Task Requests_leave_no_line_in_the_log()
    {
        await using var node = await NodeProcess.StartAsync();
        var before = node.Output.Length;
        await using var session = new ScriptedSession(new() { Nodes = [node.BoshUrl], Domain = "localhost" });
        await session.LoginAsync(BoshLogin.Anonymous());
        for (var i = 0; i < 200; i++) await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Ping("localhost", "p"))));
        Assert.Equal(before, node.Output.Length);
    }

    [Fact]
    public async Task A_session_is_created_within_5_seconds_of_the_start_of_the_process()
    {
        await using var node = await NodeProcess.StartAsync();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await using var session = new ScriptedSession(new() { Nodes = [node.BoshUrl], Domain = "localhost" });
        await session.OpenAsync();
        var time = node.StartupTime + clock.Elapsed;
        output.WriteLine($"start to first session: {time.TotalSeconds:F2} s");
        Assert.InRange(time, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    /// <summary>Sends the whole entity although the server refuses it at its announcement, as a client that does not read before it has written.</summary>
    private static async Task SendTooLargeAsync(NodeProcess node, int times)
    {
        var chunk = Encoding.ASCII.GetBytes(new string('x', 100_000));
        for (var i = 0; i < times; i++)
        {
            using var connection = await BoshConnection.ConnectAsync(node.BoshUrl, BoshConnectionOptions.Default);
            await connection.SendAsync(Encoding.ASCII.GetBytes("POST /http-bind HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"));
            Assert.Equal(413, (await connection.ReadAnswerAsync()).Status);
            try
            {
                for (var sent = 0; sent < 10_000_000; sent += chunk.Length) await connection.SendAsync(chunk);
            }
            catch (IOException)
            {
                // The server has closed the connection, as it announced.
            }
        }
    }

    private static long WorkingSet(NodeProcess node) => Status(node, "VmRSS:");

    private static long PeakWorkingSet(NodeProcess node) => Status(node, "VmHWM:");

    private static long Status(NodeProcess node, string field)
    {
        var line = File.ReadLines($"/proc/{node.Id}/status").Single(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }

    private static TimeSpan CpuTime(NodeProcess node)
    {
        using var process = System.Diagnostics.Process.GetProcessById(node.Id);
        return process.TotalProcessorTime;
    }
}

[CollectionDefinition(nameof(CostTests), DisableParallelization = true)]
public class CostTestCollection;
