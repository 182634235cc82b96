using OrleansBosh.Load.Bench;

namespace OrleansBosh.Interop.Tests.LoadTests;

public sealed class BenchTargetTests
{
    private readonly BenchResults _results = new();

    [Theory]
    [InlineData(30, "0.75 ×", false)]
    [InlineData(10, "0.25 ×", true)]
    public void A_ratio_is_compared_with_its_limit(double ours, string measured, bool isMet)
    {
        Add(BenchFigure.ClosedEcho, BenchServer.OursName, ours);
        Add(BenchFigure.ClosedEcho, BenchServer.EjabberdName, 40);
        var outcome = Outcome(BenchFigure.ClosedEcho, "≤ 0.25 × ejabberd")!;
        Assert.Equal(measured, outcome.MeasuredText);
        Assert.Equal(isMet, outcome.IsMet);
    }

    [Fact]
    public void The_better_peer_is_the_one_that_needs_less()
    {
        Add(BenchFigure.PacedEcho, BenchServer.OursName, 100);
        Add(BenchFigure.PacedEcho, BenchServer.EjabberdName, 400);
        Assert.Null(Outcome(BenchFigure.PacedEcho, "≤ 0.5 × the better peer"));
        Add(BenchFigure.PacedEcho, BenchServer.ProsodyName, 250);
        Assert.Equal("0.40 ×", Outcome(BenchFigure.PacedEcho, "≤ 0.5 × the better peer")!.MeasuredText);
        Assert.Equal("missed", Outcome(BenchFigure.PacedEcho, "≤ 0.25 × the better peer (stretch goal)")!.Verdict);
    }

    [Fact]
    public void Nothing_is_better_than_a_peer_that_failed()
    {
        Add(BenchFigure.PacedEcho, BenchServer.OursName, 100);
        Add(BenchFigure.PacedEcho, BenchServer.ProsodyName, 250);
        _results.AddFailure(BenchFigure.PacedEcho.Name, BenchServer.EjabberdName, "it did not start");
        var outcome = Outcome(BenchFigure.PacedEcho, "≤ 0.5 × the better peer")!;
        Assert.Equal(("failed", false), (outcome.MeasuredText, outcome.IsMet));
    }

    [Fact]
    public void A_value_is_compared_with_a_limit_of_its_unit()
    {
        Assert.Null(Outcome(BenchFigure.IdleMemory, "≤ 37 KiB"));
        Add(BenchFigure.IdleMemory, BenchServer.OursName, 36);
        Assert.Equal("met", Outcome(BenchFigure.IdleMemory, "≤ 37 KiB")!.Verdict);
        Assert.Equal("36.0 KiB", Outcome(BenchFigure.IdleMemory, "≤ 37 KiB")!.MeasuredText);
    }

    [Fact]
    public void Figures_of_one_server_are_compared_with_each_other()
    {
        Add(BenchFigure.ClosedEcho, BenchServer.OursName, 40);
        Add(BenchFigure.ManyEcho, BenchServer.OursName, 44);
        Assert.Equal("1.10 ×", Outcome(BenchFigure.ManyEcho, "≤ 1.25 × 100 sessions")!.MeasuredText);
    }

    [Fact]
    public void No_two_targets_look_alike() =>
        Assert.Equal(BenchTarget.All.Count, BenchTarget.All.Select(target => (target.Figure.Name, target.Server, target.Text)).Distinct().Count());

    [Fact]
    public void Whatever_a_target_needs_is_measured_in_the_same_rounds()
    {
        foreach (var target in BenchTarget.All)
        {
            var needed = target.Others.Append((target.Figure, target.Server));
            var rows = needed.Select(item => Assert.Single(BenchRow.All, row => row.Servers.Contains(item.Item2) && row.Figures.Contains(item.Item1)));
            Assert.Contains(Enumerable.Range(0, 9), round => rows.All(row => row.IsIn(round, 9)));
        }
    }

    private TargetOutcome? Outcome(BenchFigure figure, string text) =>
        BenchTarget.All.Single(target => target.Figure == figure && target.Text == text).Judge(_results);

    private void Add(BenchFigure figure, string server, double value) => _results.Add(figure.Name, server, 0, value);
}
