using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OrleansBosh.Load.Scenarios;

/// <summary>
/// <c>cluster [N] [--port PORT]</c>, what <c>cluster.sh</c> runs: a cluster on this machine to try things with, until Ctrl+C or SIGTERM. It
/// does what a supervisor would: a node that ends by itself is started again.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ClusterCommand
{
    private const int DefaultCount = 3;
    private const int DefaultPort = 5280;

    /// <summary>All share the connections of one small PostgreSQL.</summary>
    private const int MaxCount = 20;

    private const int ExitAborted = 134;
    private const int ExitKilled = 137;

    /// <summary>Long enough to see that the others go on without it.</summary>
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(5);

    /// <summary>More than a node takes for an orderly stop.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private readonly int _count;
    private readonly int _port;
    private readonly BlockingCollection<string> _lines = [];

    private ClusterCommand(int count, int port)
    {
        _count = count;
        _port = port;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        if (Parse(args) is not var (count, port))
        {
            Console.Error.WriteLine($"Usage: ./cluster.sh [N] [--port PORT]: N nodes (1 to {MaxCount}, usually {DefaultCount}), all on one port (usually {DefaultPort}).");
            return 2;
        }

        if (LoopbackPorts.FindObstacle(count, port) is { } obstacle)
        {
            Console.Error.WriteLine($"{obstacle}. Stop the other program, or take another port: ./cluster.sh {count} --port {port + 10}");
            return 1;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        return await new ClusterCommand(count, port).RunAsync(stop.Token);

        void Stop(PosixSignalContext context)
        {
            // Otherwise the process ends before its nodes.
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private static (int Count, int Port)? Parse(string[] args)
    {
        var (count, port) = (DefaultCount, DefaultPort);
        for (var i = 0; i < args.Length; i++)
        {
            var isRead = args[i] == "--port"
                ? i + 1 < args.Length && TryRead(args[++i], 1024, ushort.MaxValue - 10, out port)
                : TryRead(args[i], 1, MaxCount, out count);
            if (!isRead) return null;
        }

        return (count, port);

        static bool TryRead(string text, int least, int most, out int value) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;
    }

    private async Task<int> RunAsync(CancellationToken stop)
    {
        // One writer, so that lines of several nodes do not mix, and a terminal that is stopped (Ctrl+S) stops no node.
        var writing = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            Say($"Starting PostgreSQL and {_count} {(_count == 1 ? "node" : "nodes")} …");
            await using var cluster = await NodeCluster.StartAsync(
                new() { Count = _count, Port = _port, InOwnSessions = true, Output = (number, line) => Say($"node {number} | {line}") }, stop);
            Introduce(cluster);
            await Task.WhenAll(Enumerable.Range(1, _count).Select(number => SuperviseAsync(cluster, number, stop)));
            Say("Stopping …");
            await StopAsync(cluster);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
        finally
        {
            _lines.CompleteAdding();
            await writing;
        }
    }

    private void Introduce(NodeCluster cluster)
    {
        Say("");
        foreach (var (i, node) in cluster.Nodes.Index()) Say($"node {i + 1}   chat page {node.Url}   BOSH URL {node.BoshUrl}   process {node.Id}");
        var (first, last) = (cluster.Nodes[0], cluster.Nodes[^1]);
        Say($"""

            Try it:
              Open {first.Url} and {last.Url} in two browser windows, register an account in each, and chat.
              Who serves: curl {first.Url}nodes
              End a node: kill -9 {last.Id}   (it starts again after {RestartDelay.TotalSeconds:0} s)
            Ctrl+C stops everything and forgets the accounts.

            """);
    }

    /// <summary>Starts a node again whenever it has ended, until the cluster is to stop.</summary>
    private async Task SuperviseAsync(NodeCluster cluster, int number, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var exitCode = await cluster.Nodes[number - 1].WaitForExitAsync(Timeout.InfiniteTimeSpan, stop);
                Say($"node {number} ended: {Meaning(exitCode)}. It starts again in {RestartDelay.TotalSeconds:0} s.");
                do await Task.Delay(RestartDelay, stop);
                while (!await TryStartAsync(cluster, number, stop));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The way in which this ends.
        }
    }

    private async Task<bool> TryStartAsync(NodeCluster cluster, int number, CancellationToken stop)
    {
        try
        {
            var node = await cluster.StartNodeAsync(number, stop);
            Say($"node {number} serves again, process {node.Id}.");
            return true;
        }
        catch (InvalidOperationException)
        {
            // Why stands in its own lines.
            Say($"node {number} did not start. Next try in {RestartDelay.TotalSeconds:0} s.");
            return false;
        }
    }

    /// <summary>Lets the nodes end their sessions; whoever does not is killed with the cluster.</summary>
    private async Task StopAsync(NodeCluster cluster)
    {
        var running = cluster.Nodes.Where(node => !node.HasExited).ToArray();
        try
        {
            await Task.WhenAll(running.Select(StopAsync));
        }
        catch (TimeoutException)
        {
            Say($"A node does not stop within {StopLimit.TotalSeconds:0} s: killed.");
        }
    }

    private static Task StopAsync(NodeProcess node)
    {
        try
        {
            node.Terminate();
        }
        catch (InvalidOperationException) when (node.HasExited)
        {
            // It was faster.
        }

        return node.WaitForExitAsync(StopLimit);
    }

    private static string Meaning(int exitCode) => exitCode switch
    {
        0 => "somebody stopped it",
        ExitAborted => $"exit code {ExitAborted}, for the others had declared it dead",
        ExitKilled => "killed",
        _ => $"exit code {exitCode}",
    };

    private void Say(string line)
    {
        // A node's last words may come after ours.
        if (!_lines.IsAddingCompleted) _lines.Add(line);
    }

    private void Write()
    {
        foreach (var line in _lines.GetConsumingEnumerable())
        {
            try
            {
                Console.WriteLine(line);
            }
            catch (IOException)
            {
                // The terminal is closed; the cluster is stopping because of that.
            }
        }
    }
}
