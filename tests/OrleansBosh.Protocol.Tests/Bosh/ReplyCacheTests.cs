using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>The bounds of the cache, to the byte.</summary>
public sealed class ReplyCacheTests
{
    [Fact, Trait("Rule", "B-RTX-02")]
    public void As_many_answers_as_allowed_are_kept_and_the_oldest_goes_first()
    {
        var cache = new ReplyCache(2, int.MaxValue);
        Add(cache, 1, 10);
        Add(cache, 2, 10);
        Assert.NotNull(cache.Find(1));
        Add(cache, 3, 10);
        Assert.Equal([2, 3], Rids(cache));
        Assert.Null(cache.Find(1));
        Assert.Equal(3, cache.Find(3)!.Rid);
    }

    [Fact, Trait("Rule", "B-ACK-06")]
    public void As_many_bytes_as_allowed_are_kept_and_not_one_more()
    {
        var cache = new ReplyCache(10, 20);
        Add(cache, 1, 10);
        Add(cache, 2, 10);
        Assert.Equal([1, 2], Rids(cache));
        Add(cache, 3, 1);
        Assert.Equal([2, 3], Rids(cache));
        Add(cache, 4, 9);
        Assert.Equal([2, 3, 4], Rids(cache));
    }

    [Fact]
    public void The_newest_answer_stays_whatever_its_size_and_is_forgotten_with_its_bytes()
    {
        var cache = new ReplyCache(10, 20);
        Add(cache, 1, 100);
        Assert.Equal([1], Rids(cache));
        Add(cache, 2, 20);
        Assert.Equal([2], Rids(cache));
    }

    [Fact, Trait("Rule", "B-ACK-05")]
    public void An_acknowledgement_forgets_all_up_to_its_rid_and_gives_their_room_back()
    {
        var cache = new ReplyCache(10, 20);
        Add(cache, 1, 10);
        Add(cache, 3, 10);
        cache.Acknowledge(0);
        Assert.Equal([1, 3], Rids(cache));
        cache.Acknowledge(2);
        Assert.Equal([3], Rids(cache));
        Add(cache, 4, 10);
        Assert.Equal([3, 4], Rids(cache));
        cache.Acknowledge(4);
        Assert.Empty(cache.Replies);
    }

    [Fact]
    public void A_cleared_cache_is_empty_and_has_all_its_room()
    {
        var cache = new ReplyCache(10, 20);
        Add(cache, 1, 20);
        cache.Clear();
        Assert.Null(cache.Find(1));
        Add(cache, 2, 10);
        Add(cache, 3, 10);
        Assert.Equal([2, 3], Rids(cache));
    }

    private static void Add(ReplyCache cache, long rid, int bytes) =>
        cache.Add(new(rid, new(200, BoshAnswer.DefaultContentType, new byte[bytes]), null, DateTimeOffset.UnixEpoch, [], rid));

    private static long[] Rids(ReplyCache cache) => [.. cache.Replies.Select(reply => reply.Rid)];
}
