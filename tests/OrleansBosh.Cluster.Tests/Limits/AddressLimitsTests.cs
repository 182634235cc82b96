using System.Net;
using Microsoft.Extensions.Time.Testing;
using OrleansBosh.Cluster.Limits;

namespace OrleansBosh.Cluster.Tests.Limits;

/// <summary>Token buckets per client address.</summary>
public class AddressLimitsTests
{
    private static readonly AddressLimit FivePerMinute = new(BoshLimit.CreationRate, 5, TimeSpan.FromMinutes(1));
    private static readonly IPAddress Client = IPAddress.Parse("192.0.2.1");

    private readonly FakeTimeProvider _time = new();
    private readonly AddressLimits _limits;

    public AddressLimitsTests() => _limits = new(_time);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(11_999, 0)]
    [InlineData(12_000, 1)]
    [InlineData(23_999, 1)]
    [InlineData(24_000, 2)]
    [InlineData(59_999, 4)]
    [InlineData(60_000, 5)]
    [InlineData(86_400_000, 5)]
    public void What_was_used_up_comes_back_evenly(int milliseconds, int uses)
    {
        Assert.Equal(5, Use(Client, FivePerMinute));
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        Assert.Equal(uses, Use(Client, FivePerMinute));
    }

    [Theory]
    [InlineData(3, 10)]
    [InlineData(7, 1)]
    [InlineData(20, 600)]
    [InlineData(AddressLimit.MaxCount, 86_400)]
    public void A_window_that_does_not_divide_evenly_loses_nothing(int count, int seconds)
    {
        var limit = new AddressLimit(BoshLimit.CreationRate, count, TimeSpan.FromSeconds(seconds));
        Assert.Equal(count, Use(Client, limit));
        for (var i = 0; i < 100; i++) _time.Advance(TimeSpan.FromSeconds(seconds) / 100);
        Assert.Equal(count, Use(Client, limit));
    }

    [Fact]
    public void Refused_uses_cost_nothing()
    {
        Use(Client, FivePerMinute);
        for (var i = 0; i < 12; i++)
        {
            Assert.False(_limits.TryTake(Client, FivePerMinute));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(_limits.TryTake(Client, FivePerMinute));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.2", false)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("0.0.0.1", "::1", false)]
    [InlineData("0.0.0.0", "::", false)]
    public void An_IPv4_address_and_an_IPv6_network_of_64_bits_are_one_client(string first, string second, bool isSame)
    {
        Use(IPAddress.Parse(first), FivePerMinute);
        Assert.Equal(!isSame, _limits.TryTake(IPAddress.Parse(second), FivePerMinute));
    }

    [Fact]
    public void Each_limit_counts_by_itself()
    {
        Use(Client, FivePerMinute);
        Assert.Equal(2, Use(Client, new(BoshLimit.BadSidRate, 2, TimeSpan.FromMinutes(1))));
    }

    [Fact]
    public void Without_a_limit_everything_passes_and_nothing_is_remembered()
    {
        for (var i = 0; i < 100; i++) Assert.True(_limits.TryTake(Client, null));
        Assert.Equal(0, _limits.CountOf(BoshLimit.CreationRate));
    }

    [Fact]
    public void A_full_table_forgets_who_was_silent_for_longest_and_refuses_no_stranger()
    {
        var limits = new AddressLimits(_time, maxAddresses: 100);
        var once = new AddressLimit(BoshLimit.CreationRate, 1, TimeSpan.FromHours(1));
        for (var i = 0; i < 100; i++) Assert.True(limits.TryTake(Number(i), once));
        // A refused attempt is a sign of life, too: whoever is kept out and goes on stays known.
        Assert.False(limits.TryTake(Number(0), once));

        for (var i = 100; i < 199; i++) Assert.True(limits.TryTake(Number(i), once));

        Assert.Equal(100, limits.CountOf(BoshLimit.CreationRate));
        Assert.False(limits.TryTake(Number(0), once));
        Assert.True(limits.TryTake(Number(1), once));
    }

    [Fact]
    public void After_a_flood_the_table_shrinks_with_ordinary_traffic()
    {
        for (var i = 0; i < 1000; i++) _limits.TryTake(Number(i), FivePerMinute);
        Assert.Equal(1000, _limits.CountOf(BoshLimit.CreationRate));
        _time.Advance(FivePerMinute.Window);
        for (var i = 0; i < 500; i++) _limits.TryTake(Client, FivePerMinute);
        Assert.Equal(1, _limits.CountOf(BoshLimit.CreationRate));
    }

    [Fact]
    public void A_clock_that_is_set_changes_nothing()
    {
        var clock = new WallClock();
        var limits = new AddressLimits(clock);
        var once = new AddressLimit(BoshLimit.CreationRate, 1, TimeSpan.FromMinutes(1));
        Assert.True(limits.TryTake(Client, once));
        clock.Now += TimeSpan.FromDays(1);
        Assert.False(limits.TryTake(Client, once));
    }

    [Fact]
    public async Task Many_threads_get_no_more_than_there_is()
    {
        var limit = new AddressLimit(BoshLimit.CreationRate, 1000, TimeSpan.FromMinutes(1));
        var limits = new AddressLimits(_time, maxAddresses: 100);
        using var start = new Barrier(4);
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                var count = 0;
                for (var i = 0; i < 1000; i++)
                {
                    if (limits.TryTake(Client, limit)) count++;
                    // Strangers keep the table full all the time; the client is seen much too often to be forgotten for them.
                    limits.TryTake(Number((thread * 1000) + i), limit);
                }

                return count;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Equal(1000, taken.Sum());
        Assert.Equal(100, limits.CountOf(BoshLimit.CreationRate));
    }

    [Theory]
    [InlineData(0, 60)]
    [InlineData(AddressLimit.MaxCount + 1, 60)]
    [InlineData(1, 0)]
    [InlineData(1, 86_401)]
    public void A_limit_out_of_range_is_a_mistake(int count, int seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AddressLimit(BoshLimit.CreationRate, count, TimeSpan.FromSeconds(seconds)));

    private int Use(IPAddress address, AddressLimit limit)
    {
        var count = 0;
        while (_limits.TryTake(address, limit)) count++;
        return count;
    }

    private static IPAddress Number(int i) => new([10, 0, (byte)(i >> 8), (byte)i]);

    /// <summary>Somebody sets it, but no time passes. The fake provider moves both.</summary>
    private sealed class WallClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;

        public override long GetTimestamp() => 0;
    }
}
