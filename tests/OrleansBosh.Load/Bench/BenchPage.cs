using System.Globalization;
using System.Text;

namespace OrleansBosh.Load.Bench;

/// <summary>The page with the figures.</summary>
internal sealed class BenchPage(
    BenchResults results, IReadOnlyList<(string Name, string Value)> machine, int rounds, int seconds, IReadOnlyList<string> problems)
{
    private static readonly string[] Servers =
    [
        BenchServer.OursName, BenchServer.TwoNodesName, BenchServer.EjabberdName, BenchServer.ProsodyName, BenchServer.PackagedProsodyName,
        BenchServer.FloorName,
    ];

    private readonly StringBuilder _text = new();

    public string Write(IReadOnlyList<BenchRow> rows, string plot)
    {
        Introduce(plot);
        var figures = rows.SelectMany(row => row.Figures.Select(figure => (Row: row, Figure: figure))).ToArray();
        WriteMedians([.. figures.Select(item => item.Figure).DistinctBy(figure => figure.Name)]);
        WriteTargets(figures);
        WriteSettings();
        if (problems.Count > 0)
        {
            Line("\n## What went wrong\n");
            foreach (var problem in problems) Line($"- {problem}");
        }

        return _text.ToString();
    }

    private void Introduce(string plot)
    {
        Line($"""
            # Benchmarks

            Written by `./bench.sh`. CPU is user and system time of the server's process tree per operation, from `/proc`; p99 is the latency that
            99 of 100 operations do not exceed, at a fixed rate from the moment when the operation was due. Medians of {rounds} {(rounds == 1 ? "round" : "rounds")};
            in each, every server is started afresh and measured for {seconds} s a row after a warm-up, the servers in alternating order. The load
            generator runs on the same machine.

            ![Server CPU per operation]({plot})

            | | |
            |---|---|
            """);
        foreach (var (name, value) in machine) Line($"| {name} | {value} |");
    }

    private void WriteMedians(IReadOnlyList<BenchFigure> figures)
    {
        Line("\n## Figures\n");
        Line($"Medians, in brackets the least and the most of all rounds.\n");
        Line($"| | {string.Join(" | ", Servers)} |");
        Line($"|---|{string.Concat(Servers.Select(_ => "---:|"))}");
        foreach (var figure in figures) Line($"| {figure.Name}, {figure.Unit} | {string.Join(" | ", Servers.Select(server => Cell(figure.Name, server)))} |");
    }

    private string Cell(string figure, string server) =>
        results.Median(figure, server) is not { } median || results.Range(figure, server) is not var (least, most) ? "–"
        : rounds == 1 ? Number(median)
        : $"{Number(median)} ({Number(least)} … {Number(most)})";

    private void WriteTargets(IReadOnlyList<(BenchRow Row, BenchFigure Figure)> figures)
    {
        Line("\n## Targets\n");
        Line("Ratios are medians of the ratios within a round. Less than 10 % apart is a tie.\n");
        Line("| figure | of | target | measured | |");
        Line("|---|---|---|---:|---|");
        foreach (var (row, figure) in figures)
        {
            var server = row.Servers[0];
            if (figure.Limit is { } limit && results.Median(figure.Name, server) is { } median)
                Target(figure.Name, server, $"≤ {Number(limit)} {figure.Unit}", $"{Number(median)} {figure.Unit}", median <= limit);
            foreach (var target in figure.Targets)
            {
                // The best of the others is the one with the largest ratio.
                var ratios = target.Others.Select(other => (Other: other, Ratio: results.Ratio(figure.Name, server, other))).Where(item => item.Ratio is not null).ToArray();
                if (ratios.Length == 0) continue;
                var (best, ratio) = ratios.MaxBy(item => item.Ratio);
                Target(figure.Name, server, $"≤ {target.Factor:0.##} × {best}", $"{ratio:0.00} ×{(BenchResults.IsTie(ratio!.Value) ? " (a tie)" : "")}", ratio <= target.Factor);
            }
        }
    }

    private void Target(string figure, string server, FormattableString target, FormattableString measured, bool isMet) =>
        Line($"| {figure} | {server} | {target.ToString(CultureInfo.InvariantCulture)} | {measured.ToString(CultureInfo.InvariantCulture)} | {(isMet ? "met" : "**missed**")} |");

    private void WriteSettings()
    {
        var lifted = string.Join(", ", BenchServer.LiftedLimits.Select(option => $"`Bosh:{option.Key}={option.Value}`"));
        Line($"""

            ## Settings

            OrleansBosh as published, with lifted limits: {lifted}. Two nodes: on one PostgreSQL, whose time does not count; every pair of chat has an
            end at each node, and every echo goes to the node that does not own its session. ejabberd and Prosody from Debian's packages, without
            TLS, with the modules that the scenarios need and without limits; Prosody also with `{BenchServer.RelaxedGc}`. The bare Kestrel
            reads a POST of the size of an echo and answers as many bytes. An idle session has one held request on one connection.
            """);
    }

    private void Line(string text) => _text.Append(text).Append('\n');

    private static string Number(double value) => value.ToString(value >= 100 ? "F0" : value >= 10 ? "F1" : "F2", CultureInfo.InvariantCulture);
}
