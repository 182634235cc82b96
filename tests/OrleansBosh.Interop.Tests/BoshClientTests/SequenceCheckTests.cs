using OrleansBosh.Load.Live;
using OrleansBosh.Load.Scenarios;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

public sealed class SequenceCheckTests
{
    [Theory]
    [InlineData(new[] { 0, 1, 2, 3 }, 0, 0, 0, 0)]
    [InlineData(new[] { 0, 1, 3 }, 1, 0, 0, 0)]
    [InlineData(new[] { 0, 1, 1, 2, 3, 0 }, 0, 2, 0, 0)]
    [InlineData(new[] { 0, 2, 1, 3 }, 0, 0, 1, 0)]
    [InlineData(new[] { 0, 1, 2, 3, 4, -1 }, 0, 0, 0, 2)]
    public void Loss_duplicates_and_disorder_are_told_apart(int[] numbers, int missing, int duplicates, int outOfOrder, int foreign)
    {
        var check = new SequenceCheck(4);
        foreach (var number in numbers)
            check.Add(number);
        Assert.Equal((missing, duplicates, outOfOrder, foreign), (check.Missing, check.Duplicates, check.OutOfOrder, check.Foreign));
        Assert.Equal(missing + duplicates + outOfOrder + foreign == 0, check.IsClean);
    }

    [Fact]
    public void Percentiles_come_from_the_samples()
    {
        var samples = new LatencySamples();
        foreach (var ms in Enumerable.Range(1, 100))
            samples.Add(TimeSpan.FromMilliseconds(ms));
        Assert.Equal(TimeSpan.FromMilliseconds(50), samples.Percentile(0.5));
        Assert.Equal(TimeSpan.FromMilliseconds(99), samples.Percentile(0.99));
        Assert.Equal(TimeSpan.FromMilliseconds(100), samples.Max);
    }

    [Fact]
    public void Samples_stay_within_their_capacity()
    {
        var samples = new LatencySamples(capacity: 10);
        foreach (var ms in Enumerable.Range(1, 1000))
            samples.Add(TimeSpan.FromMilliseconds(ms));
        Assert.Equal(10, samples.ToSortedTicks().Length);
        Assert.Equal(1000, samples.Count);
        Assert.Equal(TimeSpan.FromMilliseconds(1000), samples.Max);
    }
}
