using System.Security.Cryptography;
using System.Text;
using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.13: key sequencing. The chain is the one of XEP-0124 §15.</summary>
public sealed class KeySequenceTests : SessionTests
{
    private const string K0 = "ca393b51b682f61f98e7877d61146407f3d0a770";
    private const string K1 = "bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7d";
    private const string K2 = "6f825e81f4532b2c5fa2d12457d8a1f22e8f838e";

    [Fact, Trait("Rule", "B-KEY-01")]
    public void The_chain_of_the_specification_is_accepted()
    {
        var s = Open(c => c with { NewKey = K0 });
        s.Q(1, b => b with { Key = K1 }, Ping("p")).ShouldCarry("p");
        s.Q(2, b => b with { Key = K2 }, Ping("q")).ShouldCarry("q");
    }

    [Fact, Trait("Rule", "B-KEY-01")]
    public void The_case_of_the_announced_digest_does_not_matter()
    {
        var s = Open(c => c with { NewKey = K0.ToUpperInvariant() });
        s.Q(1, b => b with { Key = K1 }, Ping("p")).ShouldCarry("p");
    }

    [Fact, Trait("Rule", "B-KEY-01")]
    public void A_key_with_a_new_key_switches_to_another_chain()
    {
        const string seed = "seed";
#pragma warning disable CA5350 // what the XEP prescribes
        var head = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(seed)));
#pragma warning restore CA5350
        var s = Open(c => c with { NewKey = K0 });
        s.Q(1, b => b with { Key = K1, NewKey = head }, Ping("p")).ShouldCarry("p");
        s.Q(2, b => b with { Key = seed }, Ping("q")).ShouldCarry("q");
    }

    [Theory, Trait("Rule", "B-KEY-02"), Trait("Rule", "B-COND-06")]
    [InlineData("bad")]
    [InlineData(K2)]
    [InlineData(null)]
    public void A_missing_or_wrong_key_ends_the_session_and_nothing_is_executed(string? key)
    {
        var s = Open(c => c with { NewKey = K0 });
        s.Q(1, b => b with { Key = key }, Message("m")).ShouldTerminate("item-not-found");
        Assert.Empty(s.Backend.Ids);
        s.Q(1, b => b with { Key = K1 }).ShouldTerminate("item-not-found");
    }

    [Fact, Trait("Rule", "B-KEY-02")]
    public void Keys_are_checked_in_rid_order()
    {
        var s = Open(c => c with { NewKey = K0 });
        Assert.True(s.Q(2, b => b with { Key = K2 }).IsHeld);
        s.Q(1, b => b with { Key = K1 }).ShouldBeEmpty();
        Assert.False(s.Session.IsEnding);
    }

    [Theory, Trait("Rule", "B-KEY-03")]
    [InlineData("answered")]
    [InlineData("held")]
    [InlineData("parked")]
    [InlineData("paused")]
    public void A_repeat_must_carry_the_key_of_the_original(string state)
    {
        foreach (var isSame in new[] { true, false })
        {
            var s = Open(c => c with { NewKey = K0 });
            var n = state == "parked" ? 2 : 1;
            var key = n == 2 ? K2 : K1;
            switch (state)
            {
                case "answered":
                    s.Q(n, b => b with { Key = key }, Ping("p"));
                    break;
                case "paused":
                    s.Q(n, b => b with { Key = key, Pause = "5" });
                    break;
                default:
                    s.Q(n, b => b with { Key = key });
                    break;
            }

            var repeat = s.Q(n, b => b with { Key = isSame ? key : K0 });
            if (isSame) Assert.False(s.Session.IsEnding);
            else repeat.ShouldTerminate("item-not-found");
        }
    }

    [Fact, Trait("Rule", "B-KEY-03")]
    public void A_key_in_a_session_without_keys_is_ignored()
    {
        var s = Open();
        var first = s.Q(1, b => b with { Key = "a" }, Ping("p"));
        Assert.Equal(first.Text, s.Q(1, b => b with { Key = "b" }).Text);
    }

    [Fact, Trait("Rule", "B-KEY-03")]
    public void After_the_end_a_repeat_with_another_key_learns_nothing()
    {
        var s = Open(c => c with { NewKey = K0 });
        s.Q(1, b => b with { Key = K1, Type = "terminate" }).ShouldTerminate(null);
        s.Q(1, b => b with { Key = K2, Type = "terminate" }).ShouldTerminate("item-not-found");
        s.Q(1, b => b with { Key = K1, Type = "terminate" }).ShouldTerminate(null);
    }
}
