using System.Globalization;

namespace OrleansBosh.Load.Bench;

/// <summary>What a figure of one of our servers may be at most: a value, or so many times the least of others.</summary>
/// <param name="Figure">That is looked at.</param>
/// <param name="Server">Name of ours.</param>
/// <param name="Limit">In the figure's unit; with <see cref="Others"/> a factor.</param>
internal sealed record BenchTarget(BenchFigure Figure, string Server, double Limit)
{
    private static readonly string[] Peers = [BenchServer.EjabberdName, BenchServer.ProsodyName];

    /// <summary>Compared with the one of these that needs least; empty: the limit is a value.</summary>
    public IReadOnlyList<(BenchFigure Figure, string Server)> Others { get; private init; } = [];

    /// <summary>What the others are called.</summary>
    public string OthersName { get; private init; } = "";

    /// <summary>Nice to have.</summary>
    public bool IsStretchGoal { get; private init; }

    public string Text
    {
        get
        {
            var limit = Limit.ToString("0.##", CultureInfo.InvariantCulture);
            return $"≤ {limit} {(Others.Count == 0 ? Figure.Unit : $"× {OthersName}")}{(IsStretchGoal ? " (stretch goal)" : "")}";
        }
    }

    public static IReadOnlyList<BenchTarget> All { get; } =
    [
        Compared(BenchFigure.ClosedEcho, 0.25, BenchServer.EjabberdName),
        Compared(BenchFigure.ClosedEcho, 3, BenchServer.FloorName),
        BetterPeer(BenchFigure.PacedEcho, 0.5),
        BetterPeer(BenchFigure.PacedEcho, 0.25) with { IsStretchGoal = true },
        BetterPeer(BenchFigure.PacedEchoP99, 1),
        Compared(BenchFigure.ClosedChat, 0.25, BenchServer.EjabberdName),
        BetterPeer(BenchFigure.PacedChat, 0.5),
        BetterPeer(BenchFigure.PacedChatP99, 1),
        Compared(BenchFigure.ClosedChat, 1.7, BenchServer.OursName) with { Server = BenchServer.TwoNodesName, OthersName = "one node" },
        new(BenchFigure.WrongNodeEcho, BenchServer.TwoNodesName, 1.7)
        {
            Others = [(BenchFigure.ClosedEcho, BenchServer.TwoNodesName)],
            OthersName = "the right node",
        },
        Compared(BenchFigure.Login, 1 / 3.0, BenchServer.EjabberdName),
        new(BenchFigure.ManyEcho, BenchServer.OursName, 1.25) { Others = [(BenchFigure.ClosedEcho, BenchServer.OursName)], OthersName = "100 sessions" },
        new(BenchFigure.IdleMemory, BenchServer.OursName, 37),
        new(BenchFigure.IdleMemory, BenchServer.OursName, 33) { IsStretchGoal = true },
        new(BenchFigure.IdleCpu, BenchServer.OursName, 0.34),
    ];

    /// <summary>Null: it was not looked at.</summary>
    public TargetOutcome? Judge(BenchResults results)
    {
        if (!results.WasTried(Figure.Name, Server)) return null;
        if (Others.Count == 0) return new(this, results.Median(Figure.Name, Server));
        if (!Others.All(other => results.WasTried(other.Figure.Name, other.Server))) return null;
        var ratios = Others.Select(other => results.Ratio((Figure.Name, Server), (other.Figure.Name, other.Server))).ToArray();
        // The least of the others is the one with the largest ratio. Where one has failed, the best might be missing.
        return new(this, ratios.Contains(null) ? null : ratios.Max());
    }

    private static BenchTarget Compared(BenchFigure figure, double factor, string other) =>
        new(figure, BenchServer.OursName, factor) { Others = [(figure, other)], OthersName = other };

    private static BenchTarget BetterPeer(BenchFigure figure, double factor) =>
        new(figure, BenchServer.OursName, factor) { Others = [.. Peers.Select(peer => (figure, peer))], OthersName = "the better peer" };
}

/// <summary>A target and what became of it.</summary>
/// <param name="Target">What was wanted.</param>
/// <param name="Measured">Compares with its limit; null: a measurement that it needs failed.</param>
internal sealed record TargetOutcome(BenchTarget Target, double? Measured)
{
    public bool IsMet => Measured <= Target.Limit;

    public string MeasuredText => (Measured, Target.Others.Count) switch
    {
        (null, _) => "failed",
        ({ } value, 0) => $"{BenchPage.Number(value)} {Target.Figure.Unit}",
        ({ } ratio, _) => $"{ratio.ToString("0.00", CultureInfo.InvariantCulture)} ×{(BenchResults.IsTie(ratio) ? " (a tie)" : "")}",
    };

    public string Verdict => IsMet ? "met" : Target.IsStretchGoal ? "missed" : "**missed**";
}
