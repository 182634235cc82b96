using OrleansBosh.Load.Bench;

namespace OrleansBosh.Interop.Tests.LoadTests;

public sealed class BenchResultsTests
{
    private readonly BenchResults _results = new();

    [Fact]
    public void A_median_does_not_follow_one_bad_round()
    {
        Add("ours", 10, 11, 900);
        Assert.Equal(11, _results.Median("echo", "ours"));
        Assert.Equal((10, 900), _results.Range("echo", "ours"));
        Add("others", 10, 20);
        Assert.Equal(15, _results.Median("echo", "others"));
    }

    [Fact]
    public void A_ratio_compares_within_a_round()
    {
        // The machine gets slower from round to round: the medians alone would say 40 to 20.
        Add("ours", 10, 40, 160);
        Add("theirs", 20, 20, 320);
        Assert.Equal(0.5, _results.Ratio(("echo", "ours"), ("echo", "theirs")));
    }

    [Fact]
    public void A_round_that_one_of_both_lacks_is_left_out()
    {
        Add("ours", 10, 40);
        _results.Add("echo", "theirs", 1, 10);
        Assert.Equal(4, _results.Ratio(("echo", "ours"), ("echo", "theirs")));
        Assert.Null(_results.Ratio(("echo", "ours"), ("echo", "nobody")));
        Assert.Null(_results.Median("echo", "nobody"));
    }

    [Theory]
    [InlineData(0.91, true)]
    [InlineData(1.09, true)]
    [InlineData(0.89, false)]
    [InlineData(1.11, false)]
    public void Less_than_a_tenth_apart_is_a_tie(double ratio, bool isTie) => Assert.Equal(isTie, BenchResults.IsTie(ratio));

    private void Add(string server, params double[] rounds)
    {
        foreach (var (round, value) in rounds.Index()) _results.Add("echo", server, round, value);
    }
}
