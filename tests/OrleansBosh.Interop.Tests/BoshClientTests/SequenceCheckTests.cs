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
}
