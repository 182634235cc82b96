using OrleansBosh.Load.Scenarios;

namespace OrleansBosh.Load.Bench;

/// <summary>What is measured at some servers, as the load generator's command line says it.</summary>
/// <param name="Arguments">Without server, duration and warm-up.</param>
/// <param name="Servers">Names of the servers that take part.</param>
/// <param name="Figures">What is taken from the report.</param>
internal sealed record BenchRow(string Arguments, IReadOnlyList<string> Servers, params IReadOnlyList<BenchFigure> Figures)
{
    private const string ClosedEcho = "echo, 100 sessions, closed loop";
    private const string PacedEcho = "echo, 100 sessions, 500 per second";
    private const string ClosedChat = "chat, closed loop, per message";

    private static readonly string[] Single =
        [BenchServer.OursName, BenchServer.EjabberdName, BenchServer.ProsodyName, BenchServer.PackagedProsodyName];

    private static readonly string[] BetterPeer = [BenchServer.EjabberdName, BenchServer.ProsodyName];

    /// <summary>In the order in which a fresh server gets them: memory first, while it holds nothing else.</summary>
    public static IReadOnlyList<BenchRow> All(bool isQuick)
    {
        var pairs = isQuick ? 100 : 500;
        List<BenchRow> rows =
        [
            new($"idle --sessions {(isQuick ? 500 : 5000)} --connections 1", Single,
                new("idle session, resident memory", "KiB", r => r.Server!.ResidentBytesPerSession!.Value / 1024.0) { Limit = 37 },
                new("idle session, CPU per minute", "ms", r => r.Server!.CpuMillisecondsPerSessionAndMinute!.Value) { Limit = 0.34 }),
            new("echo --sessions 100", Single, Cpu(ClosedEcho, AtMost(0.25, BenchServer.EjabberdName), AtMost(3, BenchServer.FloorName))),
            new("post --sessions 100", [BenchServer.FloorName], Cpu(ClosedEcho)),
            new("echo --sessions 100 --rate 500", Single, Cpu(PacedEcho, AtMost(0.5, BetterPeer)), P99(PacedEcho)),
            new("post --sessions 100 --rate 500", [BenchServer.FloorName], Cpu(PacedEcho), P99(PacedEcho)),
            new($"chat --pairs {pairs}", Single, Cpu(ClosedChat, AtMost(0.25, BenchServer.EjabberdName))),
            new($"chat --pairs {pairs} --rate 500", Single, Cpu("chat, 500 messages per second", AtMost(0.5, BetterPeer)), P99("chat, 500 messages per second")),
            new("login --sessions 20", Single, Cpu("login and logout (ANONYMOUS, 7 requests)", AtMost(1 / 3.0, BenchServer.EjabberdName))),
            // Every pair has an end at each node.
            new($"chat --pairs {pairs}", [BenchServer.TwoNodesName], Cpu(ClosedChat, AtMost(1.7, BenchServer.OursName))),
            new("echo --sessions 100 --wrong-node", [BenchServer.TwoNodesName], Cpu(ClosedEcho, AtMost(1.7, BenchServer.OursName))),
        ];
        if (!isQuick) rows.Add(new("echo --sessions 5000", Single, Cpu("echo, 5000 sessions, closed loop")));
        return rows;
    }

    private static BenchTarget AtMost(double factor, params IReadOnlyList<string> others) => new(factor, others);

    private static BenchFigure Cpu(string name, params BenchTarget[] targets) =>
        new($"{name}: CPU", "µs", report => report.Server!.CpuMicrosecondsPerOperation!.Value) { Targets = targets };

    private static BenchFigure P99(string name) => new($"{name}: p99", "ms", report => report.Latency.P99) { Targets = [new(1, BetterPeer)] };
}

/// <param name="Name">Where it stands in the page; the same figure of several servers has one name.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="Value">Taken from a report; less is better.</param>
internal sealed record BenchFigure(string Name, string Unit, Func<LoadReport, double> Value)
{
    /// <summary>What our server of the row may need, compared with others.</summary>
    public IReadOnlyList<BenchTarget> Targets { get; init; } = [];

    /// <summary>What our server may need at most.</summary>
    public double? Limit { get; init; }
}

/// <summary>At most so many times the best of others.</summary>
internal sealed record BenchTarget(double Factor, IReadOnlyList<string> Others);
