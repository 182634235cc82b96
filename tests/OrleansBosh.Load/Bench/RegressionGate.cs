using System.Globalization;

namespace OrleansBosh.Load.Bench;

/// <summary>Compares the targets of a short run with what the committed page says.</summary>
/// <param name="committed">Text of the page; empty: there is none.</param>
internal sealed class RegressionGate(string committed)
{
    /// <summary>By how much a short run may exceed the limit of a target that was met: a few rounds of some seconds are no more exact than that.</summary>
    private const double Tolerance = 0.25;

    private readonly Dictionary<string, (string Measured, bool IsMet)> _before = Read(PageSections.Parse(committed)[BenchPage.TargetsTitle] ?? "");

    /// <summary>A section that puts both beside each other.</summary>
    public (string Title, string Text) Compare(IEnumerable<TargetOutcome> outcomes)
    {
        var lines = outcomes.Select(outcome => $"| {Key(outcome.Target)} | {(_before.TryGetValue(Key(outcome.Target), out var before) ? before.Measured : "–")} | {outcome.MeasuredText} | {Verdict(outcome)} |");
        return ("Compared with the last complete run", $"""
            A target that was met is missed now when the limit is exceeded by more than {Tolerance.ToString("P0", CultureInfo.InvariantCulture)}.

            | figure | of | target | then | now | |
            |---|---|---|---:|---:|---|
            {string.Join('\n', lines)}
            """);
    }

    /// <summary>The targets that were met, and are not any more.</summary>
    public IReadOnlyList<string> Regressions(IEnumerable<TargetOutcome> outcomes) =>
        [.. outcomes.Where(IsRegression).Select(outcome => $"{outcome.Target.Figure.Name}, {outcome.Target.Server}, {outcome.Target.Text}: {outcome.MeasuredText}")];

    private bool IsRegression(TargetOutcome outcome) =>
        _before.TryGetValue(Key(outcome.Target), out var before) && before.IsMet && !(outcome.Measured <= outcome.Target.Limit * (1 + Tolerance));

    private string Verdict(TargetOutcome outcome) => IsRegression(outcome) ? "**worse: was met**" : outcome.Verdict;

    private static string Key(BenchTarget target) => $"{target.Figure.Name} | {target.Server} | {target.Text}";

    // | figure | of | target | measured | met |, as BenchPage writes them.
    private static Dictionary<string, (string Measured, bool IsMet)> Read(string table) => table.Split('\n')
        .Select(line => line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries))
        .Where(cells => cells.Length == 5)
        .DistinctBy(cells => string.Join(" | ", cells[..3]))
        .ToDictionary(cells => string.Join(" | ", cells[..3]), cells => (cells[3], cells[4] == "met"));
}
