using System.Security.Cryptography;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Protocol.Tests.Bosh;

public sealed class SessionIdsTests
{
    private static readonly SessionIdKey First = new(1, RandomNumberGenerator.GetBytes(32));
    private static readonly SessionIdKey Second = new(2, RandomNumberGenerator.GetBytes(32));

    [Fact, Trait("Rule", "B-CRE-02")]
    public void Session_ids_are_unique_long_enough_and_safe_in_an_attribute()
    {
        var ids = SessionIds.WithRandomKey();
        var sids = new HashSet<string>();
        var keys = new HashSet<Guid>();
        var prefixes = new HashSet<string>();
        for (var i = 0; i < 10_000; i++)
        {
            var (sid, id) = ids.Create();
            Assert.Matches("^[A-Za-z0-9_-]{44}$", sid);
            Assert.True(sids.Add(sid));
            Assert.True(keys.Add(id));
            prefixes.Add(sid[..5]);
        }

        Assert.InRange(prefixes.Count, 9_900, 10_000);
    }

    [Fact]
    public void A_session_id_is_read_back_by_every_node_that_has_the_key()
    {
        var (sid, id) = new SessionIds(First).Create();
        Assert.True(new SessionIds(First).TryRead(sid, out var read));
        Assert.Equal(id, read);
    }

    [Fact]
    public void A_session_id_survives_one_rotation_of_the_key()
    {
        var (sid, id) = new SessionIds(First).Create();
        Assert.True(new SessionIds(Second, First).TryRead(sid, out var read));
        Assert.Equal(id, read);
        Assert.False(new SessionIds(Second).TryRead(sid, out _));
        Assert.False(new SessionIds(Second with { Number = 1 }).TryRead(sid, out _));
    }

    [Fact]
    public void What_a_session_id_names_is_known_without_its_mac_while_its_key_is()
    {
        var (sid, id) = new SessionIds(First).Create();
        Assert.True(new SessionIds(Second, First).TryReadUnchecked(sid, out var read));
        Assert.Equal(id, read);
        Assert.False(new SessionIds(Second).TryReadUnchecked(sid, out _));
        Assert.False(new SessionIds(First).TryReadUnchecked(sid[1..], out _));
        Assert.False(new SessionIds(First).TryReadUnchecked(null, out _));
    }

    [Fact]
    public void Session_ids_are_equal_only_as_a_whole()
    {
        var (sid, _) = new SessionIds(First).Create();
        Assert.True(SessionIds.AreEqual(sid, new string(sid)));
        Assert.False(SessionIds.AreEqual(sid, sid[..^1]));
        Assert.False(SessionIds.AreEqual(sid, sid[..^1] + (sid[^1] == 'A' ? 'Q' : 'A')));
        Assert.False(SessionIds.AreEqual(null, null));
    }

    [Fact]
    public void Keys_can_be_replaced_while_ids_are_in_use()
    {
        var ids = new SessionIds(First);
        var (sid, _) = ids.Create();

        ids.Use(First, Second); // to come
        Assert.True(ids.TryRead(new SessionIds(Second).Create().Sid, out _));
        ids.Use(Second, First);
        Assert.True(ids.TryRead(sid, out _));
        Assert.True(new SessionIds(Second).TryRead(ids.Create().Sid, out _));
        ids.Use(Second, null);
        Assert.False(ids.TryRead(sid, out _));
    }

    [Fact]
    public void An_id_of_a_key_that_another_node_may_have_is_told_from_nonsense()
    {
        var ids = new SessionIds(First, Second);
        Assert.True(ids.HasUnknownKey(new SessionIds(First with { Number = 3 }).Create().Sid));
        Assert.False(ids.HasUnknownKey(new SessionIds(First).Create().Sid));
        Assert.False(ids.HasUnknownKey(new SessionIds(First with { Number = 2 }).Create().Sid));
        Assert.False(ids.HasUnknownKey("nonsense"));
        Assert.False(ids.HasUnknownKey(null));
    }

    [Fact]
    public void A_change_in_any_place_is_noticed()
    {
        var ids = new SessionIds(First, Second);
        var (sid, _) = ids.Create();
        for (var i = 0; i < sid.Length; i++)
        {
            foreach (var other in "AQgw_-9")
            {
                if (sid[i] == other) continue;
                Assert.False(ids.TryRead(sid[..i] + other + sid[(i + 1)..], out _));
            }
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ")]
    [InlineData("+/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("ÄÄÄÄAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("                                            ")]
    public void What_nobody_made_is_refused(string? sid) => Assert.False(new SessionIds(First, Second).TryRead(sid, out _));

    [Fact]
    public void A_truncated_or_lengthened_id_is_refused()
    {
        var ids = new SessionIds(First);
        var (sid, _) = ids.Create();
        for (var length = 0; length < sid.Length; length++) Assert.False(ids.TryRead(sid[..length], out _));
        Assert.False(ids.TryRead(sid + "A", out _));
        Assert.False(ids.TryRead(" " + sid, out _));
        Assert.False(ids.TryRead(sid + "\n", out _));
    }
}
