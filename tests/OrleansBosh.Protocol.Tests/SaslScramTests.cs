using System.Text;
using OrleansBosh.Protocol.Sasl;

namespace OrleansBosh.Protocol.Tests;

/// <summary>SCRAM: the examples of the RFCs, the grammar, and what must be refused.</summary>
public sealed class SaslScramTests
{
    private const string ClientNonce = "rOprNGfwEbeRWgbNEkqO";
    private static readonly SaslSettings Settings = new("example.org", OfferPlain: true, OfferAnonymous: true, "a secret"u8.ToArray());
    private static readonly ScramCredentials Credentials = ScramCredentials.FromPassword("pencil", ScramCredentials.MinIterations);

    public static TheoryData<string> Mechanisms => ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1"];

    [Fact]
    public void The_keys_of_RFC_5802_section_5_accept_its_proof_and_give_its_signature()
    {
        var hash = ScramHash.Sha1;
        var keys = hash.KeysFrom("pencil", Convert.FromBase64String("QSXCR+Q6sek8bf92"), 4096);
        const string authMessage =
            "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096," +
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j";

        Assert.True(hash.Verify(Convert.FromBase64String("v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="), authMessage, keys));
        Assert.Equal("rmF9pqV8S7suAoZWja4dJRkFsKQ=", Convert.ToBase64String(hash.Sign(authMessage, keys)));
    }

    [Fact]
    public void The_keys_of_RFC_7677_section_3_accept_its_proof_and_give_its_signature()
    {
        var hash = ScramHash.Sha256;
        var keys = hash.KeysFrom("pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
        const string authMessage =
            "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096," +
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

        Assert.True(hash.Verify(Convert.FromBase64String("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), authMessage, keys));
        Assert.Equal("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Convert.ToBase64String(hash.Sign(authMessage, keys)));
    }

    [Theory, MemberData(nameof(Mechanisms))]
    [Trait("Rule", "P-NEG-02")]
    public void The_right_password_gets_a_success_that_holds_the_server_signature(string mechanism)
    {
        var client = new ScramClient(mechanism, "user", "pencil", ClientNonce);
        var server = new SaslServer(Settings);

        Assert.Equal(new SaslStep.NeedCredentials("user"), server.Begin(mechanism, client.First()));
        var challenge = Assert.IsType<SaslStep.Challenge>(server.Supply(Credentials));
        var success = Assert.IsType<SaslStep.Success>(server.Respond(client.Final(challenge.Data)));

        Assert.Equal("user", success.Local);
        Assert.Equal(client.ExpectedSuccess, success.Data);
    }

    [Fact]
    public void Without_an_initial_response_the_server_sends_an_empty_challenge_first()
    {
        var client = new ScramClient("SCRAM-SHA-256", "user", "pencil", ClientNonce);
        var server = new SaslServer(Settings);

        Assert.Empty(Assert.IsType<SaslStep.Challenge>(server.Begin("SCRAM-SHA-256", null)).Data);
        Assert.IsType<SaslStep.NeedCredentials>(server.Respond(client.First()));
        var challenge = Assert.IsType<SaslStep.Challenge>(server.Supply(Credentials));
        Assert.IsType<SaslStep.Success>(server.Respond(client.Final(challenge.Data)));
    }

    [Theory]
    [InlineData("n,,")]
    [InlineData("y,,")]
    [InlineData("n,a=user@example.org,")]
    [InlineData("y,a=USER@example.org,")]
    [Trait("Rule", "B-EXT-02")]
    public void Clients_that_cannot_bind_or_believe_that_we_cannot_are_welcome(string gs2)
    {
        var client = new ScramClient("SCRAM-SHA-1", "user", "pencil", ClientNonce) { Gs2 = gs2 };
        var server = new SaslServer(Settings);

        server.Begin("SCRAM-SHA-1", client.First());
        var challenge = Assert.IsType<SaslStep.Challenge>(server.Supply(Credentials));
        Assert.IsType<SaslStep.Success>(server.Respond(client.Final(challenge.Data)));
    }

    [Fact]
    public void The_server_nonce_begins_with_the_nonce_of_the_client_and_adds_random_bytes()
    {
        var server = new SaslServer(Settings, count => new byte[count]);
        server.Begin("SCRAM-SHA-256", Utf8("n,,n=user,r=abc"));

        var challenge = Assert.IsType<SaslStep.Challenge>(server.Supply(Credentials));

        Assert.Equal(
            $"r=abcAAAAAAAAAAAAAAAAAAAAAAAA,s={Convert.ToBase64String(Credentials.Sha256.Salt)},i=4096",
            Encoding.UTF8.GetString(challenge.Data));
    }

    [Theory]
    [InlineData("bob=2C=3Dx", "bob,=x")]
    [InlineData("USER", "user")]
    [InlineData("j\u00fcrgen", "j\u00fcrgen")]
    public void A_user_name_is_decoded_and_prepared(string saslName, string local) =>
        Assert.Equal(new SaslStep.NeedCredentials(local), new SaslServer(Settings).Begin("SCRAM-SHA-256", Utf8($"n,,n={saslName},r=abc")));

    [Theory]
    [InlineData("")]
    [InlineData("n")]
    [InlineData("n,")]
    [InlineData("n,,")]
    [InlineData("n,,n=user")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,n=user,r=a b")]
    [InlineData("n,,r=abc,n=user")]
    [InlineData("n,,n=us=2cer,r=abc")]
    [InlineData("n,,n=user=,r=abc")]
    [InlineData("n,,m=ext,n=user,r=abc")]
    [InlineData("n,,n=user,r=abc,m=ext")]
    [InlineData("n,,n=user,r=abc,junk")]
    [InlineData("n,user@example.org,n=user,r=abc")]
    [InlineData("n,a=,n=user,r=abc")]
    [InlineData("x,,n=user,r=abc")]
    [InlineData("p=tls-unique,,n=user,r=abc")]
    [InlineData("n,,n=us\0er,r=abc")]
    [Trait("Rule", "B-EXT-02")]
    public void A_malformed_first_message_is_refused(string message) =>
        Assert.Equal(new SaslStep.Failure("malformed-request"), new SaslServer(Settings).Begin("SCRAM-SHA-256", Utf8(message)));

    [Fact]
    public void Optional_extensions_of_either_message_are_signed_and_otherwise_ignored()
    {
        var client = new ScramClient("SCRAM-SHA-256", "user", "pencil", ClientNonce) { FirstExtension = ",x=1", FinalExtension = ",y=2" };
        var server = new SaslServer(Settings);

        server.Begin("SCRAM-SHA-256", client.First());
        var challenge = Assert.IsType<SaslStep.Challenge>(server.Supply(Credentials));
        Assert.IsType<SaslStep.Success>(server.Respond(client.Final(challenge.Data)));
    }

    [Theory]
    [InlineData("n,a=other@example.org,n=user,r=abc")]
    [InlineData("n,a=user@example.com,n=user,r=abc")]
    [InlineData("n,a=user@example.org/res,n=user,r=abc")]
    [InlineData("n,a=user,n=user,r=abc")]
    public void Nobody_may_act_for_somebody_else(string message) =>
        Assert.Equal(new SaslStep.Failure("invalid-authzid"), new SaslServer(Settings).Begin("SCRAM-SHA-256", Utf8(message)));

    [Fact]
    public void A_message_that_is_not_UTF_8_is_malformed() =>
        Assert.Equal(
            new SaslStep.Failure("malformed-request"),
            new SaslServer(Settings).Begin("SCRAM-SHA-1", [.. "n,,n=us"u8, 0xC3, .. ",r=abc"u8]));

    [Fact]
    public void A_message_of_more_than_8_KiB_is_malformed() =>
        Assert.Equal(
            new SaslStep.Failure("malformed-request"),
            new SaslServer(Settings).Begin("SCRAM-SHA-1", Utf8("n,,n=user,r=abc,x=" + new string('y', 8192))));

    [Theory, MemberData(nameof(Mechanisms))]
    public void The_wrong_password_is_not_authorized(string mechanism) =>
        Assert.Equal("not-authorized", FinalFailure(new(mechanism, "user", "pencils", ClientNonce), Credentials));

    [Fact]
    public void A_changed_channel_binding_flag_is_not_authorized() =>
        Assert.Equal("not-authorized", FinalFailure(new("SCRAM-SHA-256", "user", "pencil", ClientNonce) { Binding = "eSws" }, Credentials));

    [Fact]
    public void A_foreign_nonce_is_not_authorized() =>
        Assert.Equal("not-authorized", FinalFailure(new("SCRAM-SHA-256", "user", "pencil", ClientNonce) { NonceTail = "x" }, Credentials));

    [Theory]
    [InlineData("c=biws,r={0}", "malformed-request")]
    [InlineData("r={0},c=biws,p=AAAA", "malformed-request")]
    [InlineData("c=biws,p=AAAA,r={0}", "malformed-request")]
    [InlineData("c=biws,r={0},m=1,p=AAAA", "malformed-request")]
    [InlineData("", "malformed-request")]
    [InlineData("c=biws,r={0},p=A", "incorrect-encoding")]
    [InlineData("c=b i,r={0},p=AAAA", "incorrect-encoding")]
    [InlineData("c=biws,r={0},p=", "not-authorized")]
    [InlineData("c=biws,r={0},p=AAAA", "not-authorized")]
    public void A_bad_last_message_gets_its_condition(string format, string condition)
    {
        var server = new SaslServer(Settings);
        server.Begin("SCRAM-SHA-256", Utf8("n,,n=user,r=abc"));
        var challenge = Assert.IsType<SaslStep.Challenge>(server.Supply(Credentials));
        var nonce = Encoding.UTF8.GetString(challenge.Data).Split(',')[0][2..];

        Assert.Equal(new SaslStep.Failure(condition), server.Respond(Utf8(format.Replace("{0}", nonce, StringComparison.Ordinal))));
    }

    [Theory, MemberData(nameof(Mechanisms))]
    public void An_unknown_account_cannot_be_told_from_one_with_another_password(string mechanism)
    {
        var known = ChallengeFor(mechanism, "user", Credentials).Split(',');
        var unknown = ChallengeFor(mechanism, "nobody", null).Split(',');

        Assert.Equal(known.Length, unknown.Length);
        Assert.Equal(known[1].Length, unknown[1].Length);
        Assert.Equal($"i={ScramCredentials.DefaultIterations}", unknown[2]);
        Assert.Equal("not-authorized", FinalFailure(new(mechanism, "nobody", "pencil", ClientNonce), null));
    }

    [Fact]
    public void The_salt_of_an_unknown_account_is_its_own_and_stays_the_same()
    {
        string SaltFor(string name, string mechanism) => ChallengeFor(mechanism, name, null).Split(',')[1];

        Assert.Equal(SaltFor("nobody", "SCRAM-SHA-256"), SaltFor("nobody", "SCRAM-SHA-256"));
        Assert.NotEqual(SaltFor("nobody", "SCRAM-SHA-256"), SaltFor("no-one", "SCRAM-SHA-256"));
        Assert.NotEqual(SaltFor("nobody", "SCRAM-SHA-256"), SaltFor("nobody", "SCRAM-SHA-1"));
    }

    [Fact]
    public void Even_the_right_proof_for_a_decoy_is_refused()
    {
        // Whoever knew the decoy secret could compute a decoy's keys; the account does not exist all the same.
        var server = new SaslServer(Settings);
        server.Begin("SCRAM-SHA-256", Utf8("n,,n=nobody,r=abc"));
        server.Supply(null);
        var snapshot = server.Capture();
        Assert.Equal(0, snapshot[^1]); // "is known" stands last

        Assert.Equal(new SaslStep.Failure("not-authorized"), SaslServer.Restore(Settings, snapshot).Respond(Utf8("c=biws,r=abc,p=AAAA")));
    }

    [Fact]
    public void Credentials_hold_keys_of_three_hashes_with_a_salt_each()
    {
        var keys = new[] { Credentials.Sha1, Credentials.Sha256, Credentials.Sha512 };

        Assert.Equal([20, 32, 64], keys.Select(key => key.StoredKey.Length));
        Assert.Equal([20, 32, 64], keys.Select(key => key.ServerKey.Length));
        Assert.Equal(3, keys.Select(key => Convert.ToHexString(key.Salt)).Distinct().Count());
        Assert.All(keys, key => Assert.Equal(ScramCredentials.MinIterations, key.Iterations));
    }

    [Fact]
    public void What_cannot_be_a_password_is_refused()
    {
        foreach (var text in (string[])["", "a\nb", "half \ud83d", "\ude00 reversed \ud83d", new('a', SaslPrep.MaxPasswordLength + 1)])
        {
            Assert.False(SaslPrep.TryPreparePassword(text, out _));
            Assert.Throws<ArgumentException>(() => ScramCredentials.FromPassword(text, ScramCredentials.MinIterations));
        }
    }

    [Fact]
    public void A_password_may_hold_any_script_and_spaces() =>
        Assert.True(ScramCredentials.FromPassword("p\u00e4 \ud83d\ude00", ScramCredentials.MinIterations).Verify("p\u00e4 \ud83d\ude00"));

    [Fact]
    public void Too_few_iterations_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ScramCredentials.FromPassword("pencil", ScramCredentials.MinIterations - 1));

    private static string ChallengeFor(string mechanism, string name, ScramCredentials? credentials)
    {
        var server = new SaslServer(Settings);
        server.Begin(mechanism, Utf8($"n,,n={name},r=abc"));
        return Encoding.UTF8.GetString(Assert.IsType<SaslStep.Challenge>(server.Supply(credentials)).Data);
    }

    private static string FinalFailure(ScramClient client, ScramCredentials? credentials)
    {
        var server = new SaslServer(Settings);
        server.Begin(client.Mechanism, client.First());
        var challenge = Assert.IsType<SaslStep.Challenge>(server.Supply(credentials));
        return Assert.IsType<SaslStep.Failure>(server.Respond(client.Final(challenge.Data))).Condition;
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
