using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

public sealed class ScramExchangeTests
{
    // RFC 5802 §5, RFC 7677 §3; the last was computed with Python's hashlib, there being no RFC.
    public static TheoryData<string, string, string, string, string> Vectors => new()
    {
        {
            "SCRAM-SHA-1", "fyko+d2lbbFgONRv9qkxdawL",
            "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="
        },
        {
            "SCRAM-SHA-256", "rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        },
        {
            "SCRAM-SHA-512", "rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO02431b08-2f89-4bad-a4e6-80c0564ec865,s=Yin2FuHTt/M0kJWb0t9OI32n2VmOGi3m+JfjOvuDF88=,i=4096",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO02431b08-2f89-4bad-a4e6-80c0564ec865,"
                + "p=Hc5yec3NmCD7t+kFRw4/3yD6/F3SQHc7AVYschRja+Bc3sbdjlA0eH1OjJc0DD4ghn1tnXN5/Wr6qm9xmaHt4A==",
            "v=BQuhnKHqYDwQWS5jAw4sZed+C9KFUALsbrq81bB0mh+bcUUbbMPNNmBIupnS2AmyyDnG5CTBQtkjJ9kyY4kzmw=="
        },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void The_known_exchange_comes_out(string mechanism, string nonce, string challenge, string response, string success)
    {
        var scram = new ScramExchange(mechanism, "user", "pencil", nonce);
        Assert.Equal($"n,,n=user,r={nonce}", scram.First());
        Assert.Equal(response, scram.Respond(challenge));
        scram.Finish(success);
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void A_signature_in_a_last_challenge_counts_too(string mechanism, string nonce, string challenge, string response, string success)
    {
        var scram = new ScramExchange(mechanism, "user", "pencil", nonce);
        Assert.Equal(response, scram.Respond(challenge));
        Assert.Equal("", scram.Respond(success));
        scram.Finish(null);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("v=")]
    [InlineData("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("e=other-error")]
    public void A_server_that_proves_nothing_is_refused(string? success)
    {
        var scram = new ScramExchange("SCRAM-SHA-1", "user", "pencil", "fyko+d2lbbFgONRv9qkxdawL");
        scram.Respond("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
        Assert.Throws<LoginException>(() => scram.Finish(success));
    }

    [Theory]
    [InlineData("r=other,s=QSXCR+Q6sek8bf92,i=4096")]
    [InlineData("r=mine,s=QSXCR+Q6sek8bf92,i=4096")]
    [InlineData("r=mine+,s=QSXCR+Q6sek8bf92,i=0")]
    [InlineData("r=mine+,s=*,i=1")]
    [InlineData("r=mine+,i=1")]
    [InlineData("")]
    public void A_bad_challenge_is_refused(string challenge) =>
        Assert.Throws<LoginException>(() => new ScramExchange("SCRAM-SHA-256", "user", "pencil", "mine").Respond(challenge));

    [Fact]
    public void Commas_and_equals_signs_in_a_name_are_escaped() =>
        Assert.Equal("n,,n=a=2Cb=3Dc,r=x", new ScramExchange("SCRAM-SHA-1", "a,b=c", "p", "x").First());
}
