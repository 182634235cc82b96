using OrleansBosh.Load.Live;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

public sealed class LatencySamplesTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.99)]
    [InlineData(1)]
    public void A_percentile_is_exact_to_one_bucket(double p)
    {
        // From 1 µs to about 100 s: every octave that a run can meet.
        var samples = new LatencySamples();
        var values = Enumerable.Range(0, 2000).Select(i => TimeSpan.FromMicroseconds(Math.Floor(Math.Pow(1.0093, i)))).ToArray();
        Random.Shared.Shuffle(values);
        foreach (var value in values) samples.Add(value);

        var exact = values.Order().ElementAt((int)Math.Ceiling(p * values.Length) - 1);
        Assert.InRange(samples.Percentile(p), exact, exact * (1 + 1 / 128.0));
        Assert.Equal(values.Max(), samples.Max);
        Assert.Equal(values.Length, samples.Count);
    }

    [Fact]
    public void Every_duration_finds_a_bucket()
    {
        var samples = new LatencySamples();
        TimeSpan[] odd = [TimeSpan.FromTicks(-1), TimeSpan.Zero, TimeSpan.FromMicroseconds(127), TimeSpan.FromMicroseconds(128), TimeSpan.FromDays(100)];
        foreach (var value in odd) samples.Add(value);
        Assert.Equal(TimeSpan.Zero, samples.Percentile(0.4));
        Assert.Equal(TimeSpan.FromMicroseconds(127), samples.Percentile(0.6));
        Assert.Equal(TimeSpan.FromMicroseconds(128), samples.Percentile(0.8));
        Assert.Equal(TimeSpan.FromDays(100), samples.Max);
    }

    [Fact]
    public void Without_samples_everything_is_zero()
    {
        var samples = new LatencySamples();
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero), (samples.Percentile(0.5), samples.Max, samples.Mean));
    }

    [Fact]
    public void Samples_of_many_threads_all_count()
    {
        var samples = new LatencySamples();
        Parallel.For(0, 10_000, i => samples.Add(TimeSpan.FromMicroseconds(i)));
        Assert.Equal(10_000, samples.Count);
        Assert.InRange(samples.Percentile(0.5), TimeSpan.FromMicroseconds(4999), TimeSpan.FromMicroseconds(5040));
    }
}
