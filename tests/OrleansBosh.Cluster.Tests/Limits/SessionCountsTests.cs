using System.Net;
using OrleansBosh.Cluster.Limits;

namespace OrleansBosh.Cluster.Tests.Limits;

/// <summary>Sessions at the same time, per address and in all.</summary>
public class SessionCountsTests
{
    private static readonly IPAddress Client = IPAddress.Parse("192.0.2.1");

    private readonly SessionCounts _counts = new(maxPerAddress: 2);

    [Fact]
    public void An_address_has_as_many_sessions_as_allowed_and_another_when_one_ends()
    {
        var first = Guid.NewGuid();
        Assert.True(_counts.TryAdd(first, Client, out _));
        Assert.True(_counts.TryAdd(Guid.NewGuid(), Client, out _));
        Assert.False(_counts.TryAdd(Guid.NewGuid(), Client, out _));
        Assert.True(_counts.TryAdd(Guid.NewGuid(), IPAddress.Parse("192.0.2.2"), out _));
        _counts.Remove(first);
        Assert.True(_counts.TryAdd(Guid.NewGuid(), Client, out _));
    }

    [Fact]
    public void An_IPv6_network_of_64_bits_is_one_address()
    {
        Assert.True(_counts.TryAdd(Guid.NewGuid(), IPAddress.Parse("2001:db8::1"), out _));
        Assert.True(_counts.TryAdd(Guid.NewGuid(), IPAddress.Parse("2001:db8::2"), out _));
        Assert.False(_counts.TryAdd(Guid.NewGuid(), IPAddress.Parse("2001:db8::3"), out _));
        Assert.True(_counts.TryAdd(Guid.NewGuid(), IPAddress.Parse("2001:db8:0:1::1"), out _));
    }

    [Fact]
    public void All_addresses_together_have_a_limit_too()
    {
        var counts = new SessionCounts(maxPerAddress: 1, maxInAll: 2);
        var first = Guid.NewGuid();
        Assert.True(counts.TryAdd(first, IPAddress.Parse("192.0.2.1"), out _));
        Assert.True(counts.TryAdd(Guid.NewGuid(), IPAddress.Parse("192.0.2.2"), out _));
        Assert.False(counts.TryAdd(Guid.NewGuid(), IPAddress.Parse("192.0.2.3"), out var limit));
        Assert.Equal(BoshLimit.Sessions, limit);
        Assert.False(counts.TryAdd(Guid.NewGuid(), IPAddress.Parse("192.0.2.2"), out limit));
        Assert.Equal(BoshLimit.SessionsPerAddress, limit);
        counts.Remove(first);
        Assert.True(counts.TryAdd(Guid.NewGuid(), IPAddress.Parse("192.0.2.3"), out _));
    }

    [Fact]
    public void Counting_or_removing_twice_changes_nothing()
    {
        var session = Guid.NewGuid();
        Assert.True(_counts.TryAdd(session, Client, out _));
        Assert.True(_counts.TryAdd(session, Client, out _));
        Assert.True(_counts.TryAdd(Guid.NewGuid(), Client, out _));
        _counts.Remove(session);
        _counts.Remove(session);
        _counts.Remove(Guid.NewGuid());
        Assert.True(_counts.TryAdd(Guid.NewGuid(), Client, out _));
        Assert.False(_counts.TryAdd(Guid.NewGuid(), Client, out _));
    }

    [Fact]
    public void Who_was_refused_or_has_gone_leaves_nothing_behind()
    {
        var sessions = Enumerable.Range(0, 10).Select(_ => Guid.NewGuid()).ToArray();
        foreach (var session in sessions) _counts.TryAdd(session, Client, out _);
        Assert.Equal((2, 1), _counts.Sizes);
        foreach (var session in sessions) _counts.Remove(session);
        Assert.Equal((0, 0), _counts.Sizes);
    }

    [Fact]
    public void Without_limits_all_may_come()
    {
        var counts = new SessionCounts(null);
        for (var i = 0; i < 100; i++) Assert.True(counts.TryAdd(Guid.NewGuid(), Client, out _));
    }

    [Fact]
    public async Task Many_threads_never_have_more_than_allowed()
    {
        var counts = new SessionCounts(3);
        var present = 0;
        var most = 0;
        using var start = new Barrier(4);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                for (var i = 0; i < 2000; i++)
                {
                    var session = Guid.NewGuid();
                    if (!counts.TryAdd(session, Client, out var _)) continue;
                    InterlockedMax(ref most, Interlocked.Increment(ref present));
                    Interlocked.Decrement(ref present);
                    counts.Remove(session);
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.InRange(most, 1, 3);
        Assert.Equal((0, 0), counts.Sizes);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen;)
        {
            var found = Interlocked.CompareExchange(ref target, value, seen);
            if (found == seen) return;
            seen = found;
        }
    }
}
