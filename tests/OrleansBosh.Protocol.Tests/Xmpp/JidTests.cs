using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Xmpp;

/// <summary>Addresses in the form in which they are compared: RFC 7622.</summary>
[Trait("Rule", "P-RT-10")]
public class JidTests
{
    [Theory]
    [InlineData("Romeo@Example.COM/Balcony", "romeo@example.com/Balcony")]
    [InlineData("example.com.", "example.com")]
    [InlineData("ROMEO.M+x_1@example.com", "romeo.m+x_1@example.com")]
    [InlineData("ÄRGER@example.com", "ärger@example.com")]
    [InlineData("ЖУК@example.com", "жук@example.com")]
    [InlineData("山田ー@example.com", "山田ー@example.com")]
    [InlineData("שלום1@example.com", "שלום1@example.com")]
    [InlineData("\uFF32\uFF4F\uFF4D\uFF45\uFF4F@example.com", "romeo@example.com")] // wide letters
    [InlineData("\u2126@example.com", "ω@example.com")] // the sign ohm
    [InlineData("a@BÜCHER.example", "a@bücher.example")]
    [InlineData("a@xn--bcher-kva.example", "a@bücher.example")]
    [InlineData("a@XN--BCHER-KVA.example.", "a@bücher.example")]
    [InlineData("a@[::1]", "a@[::1]")]
    [InlineData("a@b/c@d/e", "a@b/c@d/e")]
    [InlineData("a@b/two\u00A0words", "a@b/two words")]
    [InlineData("a@b/\U0001F600", "a@b/\U0001F600")]
    public void An_address_is_prepared(string text, string prepared)
    {
        Assert.True(Jid.TryParse(text, out var jid));
        Assert.Equal(prepared, jid.Text);
        // Preparing again changes nothing.
        Assert.True(Jid.TryParse(jid.Text, out var again));
        Assert.Equal(jid, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("@example.com")]
    [InlineData("a@")]
    [InlineData("a@example.com/")]
    [InlineData("a b@example.com")]
    [InlineData("a\"b@example.com")]
    [InlineData("a:b@example.com")]
    [InlineData("a<b@example.com")]
    [InlineData("\uFF20@example.com")] // a wide at sign
    [InlineData("\uFF0F@example.com")] // a wide slash
    [InlineData("a\u0007@example.com")]
    [InlineData("a\u200D@example.com")]
    [InlineData("a☺@example.com")]
    [InlineData("e\u0301@example.com")] // é in two characters would be another account than é in one
    [InlineData("\uFB01n@example.com")] // the ligature fi
    [InlineData("aא@example.com")] // left to right and right to left in one name
    [InlineData("a@exa mple.com")]
    [InlineData("a@xn--\u00FC.example")]
    [InlineData("a@bu\u0308cher.example")]
    [InlineData("a@b/\u0000")]
    [InlineData("a@b/\u200B")]
    [InlineData("a@b/\uE000")]
    public void What_has_no_prepared_form_is_malformed(string text) => Assert.False(Jid.TryParse(text, out _));

    // Not among the data above: an attribute cannot hold it.
    [Fact]
    public void Half_a_surrogate_pair_is_malformed()
    {
        Assert.False(Jid.TryPrepareLocal("a\uD800", out _));
        Assert.False(Jid.TryPrepareDomain("a\uDC00", out _));
        Assert.False(Jid.TryPrepareResource("a\uD800b", out _));
    }

    [Theory]
    [InlineData("a", 1023, true)]
    [InlineData("a", 1024, false)]
    [InlineData("ä", 511, true)]
    [InlineData("ä", 512, false)]
    public void A_part_has_at_most_1023_bytes(string character, int count, bool isValid)
    {
        var part = string.Concat(Enumerable.Repeat(character, count));
        Assert.Equal(isValid, Jid.TryPrepareLocal(part, out _));
        Assert.Equal(isValid, Jid.TryPrepareResource(part, out _));
    }

    [Fact, Trait("Rule", "B-CRE-07")]
    public void A_domain_is_the_same_in_both_spellings()
    {
        Assert.True(Jid.TryPrepareDomain("BÜCHER.example.", out var unicode));
        Assert.True(Jid.TryPrepareDomain("xn--bcher-kva.EXAMPLE", out var ascii));
        Assert.Equal(unicode, ascii);
        Assert.False(Jid.TryPrepareDomain(new string('ü', 100), out _));
    }

    [Fact]
    public void Addresses_are_compared_in_their_prepared_form()
    {
        Assert.True(Jid.TryParse("ROMEO@EXAMPLE.com/A", out var upper));
        Assert.True(Jid.TryParse("romeo@example.com/A", out var lower));
        Assert.True(Jid.TryParse("romeo@example.com/a", out var other));
        Assert.Equal(lower, upper);
        Assert.NotEqual(lower, other);
        Assert.Equal(lower.Bare, other.Bare);
    }
}
