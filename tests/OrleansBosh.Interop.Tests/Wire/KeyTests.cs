using System.Security.Cryptography;
using System.Text;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.13: key sequences.</summary>
public sealed class KeyTests : WireTest
{
    [Fact]
    [Trait("Rule", "B-KEY-01")]
    [Trait("Scope", "keys")]
    public async Task A_chain_is_followed_and_switched()
    {
        // The chain of XEP-0124 §15.
        var session = await OpenAsync(("newkey", "ca393b51b682f61f98e7877d61146407f3d0a770"));
        AssertAuthenticated(await session.AskAsync(session.Next([("key", "bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7d")], Authentication)));
        var (next, other) = (Chain("next", 1), Chain("other", 2));
        var features = await session.AskAsync(session.Next(
            [("key", "6f825e81f4532b2c5fa2d12457d8a1f22e8f838e"), ("newkey", next[0]), ("xmpp:restart", "true")]));
        Assert.NotNull(features.Features);
        await AcceptedAsync(session, Binding, ("key", next[1]), ("newkey", other[0]));
        await AcceptedAsync(session, Ping("1"), ("key", other[1]));
        await AcceptedAsync(session, Ping("2"), ("key", other[2]));
    }

    [Fact]
    [Trait("Rule", "B-KEY-01")]
    [Trait("Scope", "ours")]
    public async Task A_key_may_have_capital_letters()
    {
        var keys = Chain("seed", 1);
        var session = await OpenAsync(("newkey", keys[0].ToUpperInvariant()));
        await AcceptedAsync(session, Authentication, ("key", keys[1]));
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000")]
    [InlineData(null)]
    [Trait("Rule", "B-KEY-02")]
    [Trait("Rule", "B-COND-06")]
    [Trait("Scope", "keys")]
    public async Task A_wrong_or_missing_key_ends_the_session_and_nothing_is_processed(string? key)
    {
        var friend = await FriendAsync();
        var keys = Chain("seed", 9);
        var session = await LoginAsync(keys);
        AssertTerminate("item-not-found", await session.AskAsync(session.Next([("key", key)], MessageTo(friend, "m"))));
        await HearsNothingAsync(friend);
        AssertTerminate("item-not-found", await session.AskAsync(session.Next([("key", keys[4])])));
    }

    [Fact]
    [Trait("Rule", "B-KEY-02")]
    [Trait("Scope", "keys")]
    public async Task Keys_are_checked_in_the_order_of_the_rids()
    {
        var keys = Chain("seed", 4);
        var session = await OpenAsync(("newkey", keys[0]));
        var second = await HoldAsync(session, session.Request(2, [("key", keys[2])]));
        AssertEmpty(await AtOnceAsync(await session.SendAsync(session.Request(1, [("key", keys[1])]))));
        await AssertHeldAsync(second);
    }

    [Fact]
    [Trait("Rule", "B-KEY-03")]
    [Trait("Scope", "ours")]
    public async Task A_repeat_needs_the_key_of_the_original()
    {
        var keys = Chain("seed", 4);
        var session = await OpenAsync(("newkey", keys[0]));
        var first = await session.AskAsync(session.Request(1, [("key", keys[1])], Authentication));
        Assert.Equal(first.Raw, (await session.AskAsync(session.Earlier(1))).Raw);
        AssertTerminate("item-not-found", await session.AskAsync(session.Request(1, [("key", keys[2])], Authentication)));

        var unkeyed = await OpenAsync();
        await AcceptedAsync(unkeyed, Authentication, ("key", "anything"));
    }

    /// <summary>A chain in the order of its use: first what <c>newkey</c> names, then one key for each request.</summary>
    private static string[] Chain(string seed, int keys)
    {
        var chain = new string[keys + 1];
        chain[keys] = Hash(seed);
        for (var i = keys; i > 0; i--) chain[i - 1] = Hash(chain[i]);
        return chain;
    }

#pragma warning disable CA5350 // XEP-0124 §15 prescribes SHA-1.
    private static string Hash(string text) => Convert.ToHexStringLower(SHA1.HashData(Encoding.ASCII.GetBytes(text)));
#pragma warning restore CA5350

    private static async Task AcceptedAsync(ScriptedSession session, string payload, params (string, string?)[] attributes) =>
        Assert.Single((await session.AskAsync(session.Next(attributes, payload))).Payload);

    /// <summary>A guest, logged in with the first three keys.</summary>
    private async Task<ScriptedSession> LoginAsync(string[] keys)
    {
        var session = await OpenAsync(("newkey", keys[0]));
        await session.AskAsync(session.Next([("key", keys[1])], Authentication));
        await session.AskAsync(session.Next([("key", keys[2]), ("xmpp:restart", "true")]));
        Assert.Single((await session.AskAsync(session.Next([("key", keys[3])], Binding))).Payload);
        return session;
    }
}
