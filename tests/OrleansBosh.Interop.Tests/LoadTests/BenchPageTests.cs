using System.Xml.Linq;
using OrleansBosh.Load.Bench;

namespace OrleansBosh.Interop.Tests.LoadTests;

public sealed class BenchPageTests
{
    private readonly BenchResults _results = new();
    private readonly List<string> _problems = [];

    [Fact]
    public void A_cell_has_the_median_the_range_or_the_reason_why_not()
    {
        Add(BenchServer.OursName, 40, 50, 60);
        Add(BenchServer.EjabberdName, 200, 200, 200);
        _results.AddFailure(BenchFigure.ClosedEcho.Name, BenchServer.ProsodyName, "it did not start: a | b\nc");
        // It has values of other rounds.
        _results.AddFailure(BenchFigure.ClosedEcho.Name, BenchServer.OursName, "once");
        var row = Write()["Figures"]!.Split('\n').Single(line => line.StartsWith($"| {BenchFigure.ClosedEcho.Name},", StringComparison.Ordinal));
        Assert.Equal(
            ["echo, 100 sessions, closed loop: CPU, µs", "50.0 (40.0 … 60.0)", "–", "200", "failed: it did not start: a / b c", "–", "–"],
            row.Trim('|').Split('|', StringSplitOptions.TrimEntries));
    }

    [Fact]
    public void What_others_wrote_into_the_page_stays()
    {
        _problems.Add("ejabberd: it ended");
        var old = Write().With(("What costs what", "Much."));
        _problems.Clear();
        var page = Write().WithOthersOf(old).ToString();
        Assert.EndsWith("## What costs what\n\nMuch.\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("What went wrong", page, StringComparison.Ordinal);
        Assert.Single(page.Split('\n'), line => line == "## Figures");
    }

    [Fact]
    public void A_renewed_section_keeps_its_place()
    {
        var page = PageSections.Parse("# Title\n\nHello\n\n## A\n\none\n\n### part\n\n## B\n\ntwo\n");
        Assert.Equal("# Title\n\nHello\n\n## A\n\nnew\n\n## B\n\ntwo\n\n## C\n\nthree\n", page.With(("A", "new")).With(("C", "three")).ToString());
        Assert.Equal("one\n\n### part", page["A"]);
        Assert.Null(page["part"]);
    }

    [Theory]
    // Within a quarter of the limit of 0.25.
    [InlineData(40, 60, false)]
    [InlineData(40, 64, true)]
    // It was missed before.
    [InlineData(60, 100, false)]
    public void A_target_that_was_met_and_is_clearly_missed_is_a_regression(double then, double now, bool isRegression)
    {
        Add(BenchServer.EjabberdName, 200);
        Add(BenchServer.OursName, then);
        var gate = new RegressionGate(Write().ToString());
        Add(BenchServer.OursName, now);
        var outcomes = Outcomes();
        Assert.Equal(isRegression, gate.Regressions(outcomes).Count == 1);
        Assert.Contains($"{then / 200:0.00} × |", gate.Compare(outcomes).Text, StringComparison.Ordinal);
        Assert.Equal(isRegression, gate.Compare(outcomes).Text.Contains("worse:", StringComparison.Ordinal));
    }

    [Fact]
    public void A_failure_where_a_target_was_met_is_a_regression_and_no_page_is_none()
    {
        Add(BenchServer.EjabberdName, 200);
        Add(BenchServer.OursName, 40);
        var gate = new RegressionGate(Write().ToString());
        var failed = Outcomes().Select(outcome => outcome with { Measured = null }).ToArray();
        Assert.Single(gate.Regressions(failed));
        Assert.Empty(new RegressionGate("").Regressions(failed));
    }

    [Fact]
    public void The_plot_is_a_picture_with_a_bar_for_each_value()
    {
        Add(BenchServer.OursName, 40);
        Add(BenchServer.EjabberdName, 200);
        var svg = XDocument.Parse(BenchPlot.Draw(_results, [BenchFigure.ClosedEcho, BenchFigure.Login])).Root!;
        var bars = svg.Elements().Where(element => element.Name.LocalName == "rect" && element.Attribute("height")!.Value == "12" && element.Attribute("width")!.Value != "12");
        var widths = bars.Select(bar => double.Parse(bar.Attribute("width")!.Value, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(2, widths.Length);
        Assert.Equal(widths[1] / 5, widths[0], precision: 0);
    }

    [Theory]
    [InlineData("", 9, 3)]
    [InlineData("--quick", 3, 2)]
    [InlineData("--rounds 3 --seconds 1", 3, 1)]
    public void Options_have_defaults(string arguments, int rounds, int seconds)
    {
        var options = Options(arguments)!;
        Assert.Equal((rounds, seconds), (options.Rounds, options.Seconds));
    }

    [Theory]
    [InlineData("--rounds none")]
    [InlineData("--quick --hold")]
    [InlineData("--dance")]
    [InlineData("--rows")]
    public void A_wrong_command_line_is_told(string arguments) => Assert.Null(Options(arguments));

    [Theory]
    [InlineData(9, new[] { 0, 3, 6 })]
    [InlineData(3, new[] { 0, 1, 2 })]
    [InlineData(1, new[] { 0 })]
    public void What_takes_long_is_measured_in_some_rounds(int rounds, int[] expected)
    {
        var row = BenchRow.All.Single(row => row.IsIdle);
        Assert.Equal(expected, Enumerable.Range(0, rounds).Where(round => row.IsIn(round, rounds)));
    }

    private PageSections Write() => new BenchPage(Options("--rounds 3")!, [("processor", "slow")], BenchRow.All, _results, Outcomes(), _problems).Write("plot.svg");

    private TargetOutcome[] Outcomes() => [.. BenchTarget.All.Select(target => target.Judge(_results)).OfType<TargetOutcome>()];

    private static BenchOptions? Options(string arguments) =>
        BenchOptions.Parse(["--server", "a.dll", "--page", "b.md", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

    private void Add(string server, params double[] rounds)
    {
        foreach (var (round, value) in rounds.Index()) _results.Add(BenchFigure.ClosedEcho.Name, server, round, value);
    }
}
