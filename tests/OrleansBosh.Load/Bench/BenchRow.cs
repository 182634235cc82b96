using OrleansBosh.Load.Scenarios;

namespace OrleansBosh.Load.Bench;

/// <summary>What is measured at some servers, as the load generator's command line says it.</summary>
/// <param name="Arguments">Without server, duration and warm-up.</param>
/// <param name="Servers">Names of the servers that take part.</param>
/// <param name="Figures">What is taken from the report.</param>
internal sealed record BenchRow(string Arguments, IReadOnlyList<string> Servers, params IReadOnlyList<BenchFigure> Figures)
{
    private static readonly string[] Single =
        [BenchServer.OursName, BenchServer.EjabberdName, BenchServer.ProsodyName, BenchServer.PackagedProsodyName];

    private static readonly string[] TwoNodes = [BenchServer.TwoNodesName];

    private static readonly string[] Floor = [BenchServer.FloorName];

    /// <summary>In so many rounds at most, spread over all: what takes long.</summary>
    public int Rounds { get; private init; } = int.MaxValue;

    public bool IsQuick { get; private init; }

    /// <summary>The sessions log in with accounts, not as guests.</summary>
    public bool NeedsAccounts { get; private init; }

    /// <summary>Memory is that of a process that has held nothing else before.</summary>
    public bool IsIdle { get; private init; }

    /// <summary>In the order in which they are measured.</summary>
    public static IReadOnlyList<BenchRow> All { get; } =
    [
        new("idle --sessions 5000 --connections 1", Single, BenchFigure.IdleMemory, BenchFigure.IdleCpu) { IsIdle = true, Rounds = 3 },
        new("echo --sessions 100", Single, BenchFigure.ClosedEcho, BenchFigure.OwnEcho) { IsQuick = true },
        new("post --sessions 100", Floor, BenchFigure.ClosedEcho, BenchFigure.OwnEcho) { IsQuick = true },
        new("echo --sessions 100", TwoNodes, BenchFigure.ClosedEcho) { IsQuick = true },
        new("echo --sessions 100 --wrong-node", TwoNodes, BenchFigure.WrongNodeEcho) { IsQuick = true },
        new("echo --sessions 100 --rate 500", Single, BenchFigure.PacedEcho, BenchFigure.PacedEchoP99) { IsQuick = true },
        new("post --sessions 100 --rate 500", Floor, BenchFigure.PacedEcho, BenchFigure.PacedEchoP99) { IsQuick = true },
        new("chat --pairs 500", Single, BenchFigure.ClosedChat, BenchFigure.OwnChat) { IsQuick = true },
        new("chat --pairs 500", TwoNodes, BenchFigure.ClosedChat) { IsQuick = true },
        new("chat --pairs 500 --rate 500", Single, BenchFigure.PacedChat, BenchFigure.PacedChatP99),
        new("login --sessions 20", Single, BenchFigure.Login) { IsQuick = true },
        new($"login-roster --sessions {BenchServer.Users} --contacts {BenchServer.Contacts}", Single, BenchFigure.RosterLogin) { NeedsAccounts = true },
        // Five thousand logins take too long at the packaged Prosody.
        new("echo --sessions 5000", [.. Single.Except([BenchServer.PackagedProsodyName])], BenchFigure.ManyEcho) { Rounds = 3 },
        new("post --sessions 5000", Floor, BenchFigure.ManyEcho) { Rounds = 3 },
    ];

    /// <summary>Whether it is measured in this round, from 0; what is measured in some rounds only is so in the first, too.</summary>
    public bool IsIn(int round, int rounds) => (long)round * Math.Min(Rounds, rounds) % rounds < Math.Min(Rounds, rounds);
}

/// <param name="Name">Where it stands in the page; the same figure of several servers has one name.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="Value">Taken from a report; less is better.</param>
internal sealed record BenchFigure(string Name, string Unit, Func<LoadReport, double> Value)
{
    public static BenchFigure ClosedEcho { get; } = Cpu("echo, 100 sessions, closed loop");

    public static BenchFigure PacedEcho { get; } = Cpu("echo, 500 per second");

    public static BenchFigure PacedEchoP99 { get; } = P99("echo, 500 per second");

    public static BenchFigure ClosedChat { get; } = Cpu("chat, 500 pairs, closed loop, per message");

    public static BenchFigure PacedChat { get; } = Cpu("chat, 500 messages per second");

    public static BenchFigure PacedChatP99 { get; } = P99("chat, 500 messages per second");

    public static BenchFigure WrongNodeEcho { get; } = Cpu("echo, every request at the wrong node");

    public static BenchFigure Login { get; } = Cpu("login and logout (ANONYMOUS, 7 requests)");

    public static BenchFigure RosterLogin { get; } = Cpu($"login and logout with {BenchServer.Contacts} contacts (SCRAM-SHA-1)");

    public static BenchFigure ManyEcho { get; } = Cpu("echo, 5,000 sessions, closed loop");

    public static BenchFigure IdleMemory { get; } =
        new("idle session, resident memory", "KiB", report => report.Server!.ResidentBytesPerSession!.Value / 1024.0);

    public static BenchFigure IdleCpu { get; } =
        new("idle session, CPU per minute", "ms", report => report.Server!.CpuMillisecondsPerSessionAndMinute!.Value);

    public static BenchFigure OwnEcho { get; } = OwnCpu("echo, 100 sessions, closed loop");

    public static BenchFigure OwnChat { get; } = OwnCpu("chat, 500 pairs, closed loop, per message");

    /// <summary>It says nothing of the server.</summary>
    public bool IsOfGenerator { get; private init; }

    private static BenchFigure OwnCpu(string name) =>
        new($"{name}: CPU of the load generator", "µs", report => report.Client.CpuMicrosecondsPerOperation!.Value) { IsOfGenerator = true };

    private static BenchFigure Cpu(string name) => new($"{name}: CPU", "µs", report => report.Server!.CpuMicrosecondsPerOperation!.Value);

    private static BenchFigure P99(string name) => new($"{name}: p99", "ms", report => report.Latency.P99);
}
