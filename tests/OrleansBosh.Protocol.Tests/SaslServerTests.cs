using System.Text;
using OrleansBosh.Protocol.Sasl;

namespace OrleansBosh.Protocol.Tests;

/// <summary>What is offered, PLAIN, ANONYMOUS, the order of calls, and exchanges cut at every step.</summary>
public sealed class SaslServerTests
{
    private static readonly SaslSettings Settings = new("example.org", OfferPlain: true, OfferAnonymous: true, "a secret"u8.ToArray());
    private static readonly ScramCredentials Credentials = ScramCredentials.FromPassword("pencil", ScramCredentials.MinIterations);

    [Theory]
    [InlineData(false, false, "SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1")]
    [InlineData(true, false, "SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN")]
    [InlineData(false, true, "SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 ANONYMOUS")]
    [InlineData(true, true, "SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN ANONYMOUS")]
    [Trait("Rule", "P-NEG-01")]
    [Trait("Rule", "B-EXT-02")]
    public void Mechanisms_are_offered_strongest_first_and_never_with_channel_binding(bool plain, bool guests, string expected) =>
        Assert.Equal(expected, string.Join(' ', new SaslServer(Settings with { OfferPlain = plain, OfferAnonymous = guests }).Mechanisms));

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("ANONYMOUS")]
    [InlineData("scram-sha-1")]
    [InlineData("SCRAM-SHA-1-PLUS")]
    [InlineData("")]
    [Trait("Rule", "P-NEG-01")]
    public void A_mechanism_that_is_not_offered_is_invalid(string mechanism) =>
        Assert.Equal(
            new SaslStep.Failure("invalid-mechanism"),
            new SaslServer(Settings with { OfferPlain = false, OfferAnonymous = false }).Begin(mechanism, []));

    [Theory]
    [InlineData("\0user\0pencil")]
    [InlineData("user@example.org\0user\0pencil")]
    [InlineData("\0USER\0pencil")]
    public void Plain_with_the_right_password_succeeds_without_data(string message)
    {
        var server = new SaslServer(Settings);

        Assert.Equal(new SaslStep.NeedCredentials("user"), server.Begin("PLAIN", Utf8(message)));
        Assert.Equal(new SaslStep.Success("user", null), server.Supply(Credentials));
    }

    [Theory]
    [InlineData("\0user\0Pencil")]
    [InlineData("\0user\0pen\u0001cil")]
    public void Plain_with_a_wrong_password_is_not_authorized(string message)
    {
        var server = new SaslServer(Settings);
        server.Begin("PLAIN", Utf8(message));
        Assert.Equal(new SaslStep.Failure("not-authorized"), server.Supply(Credentials));
    }

    [Fact]
    public void Plain_for_an_unknown_account_is_not_authorized()
    {
        var server = new SaslServer(Settings);
        server.Begin("PLAIN", Utf8("\0nobody\0pencil"));
        Assert.Equal(new SaslStep.Failure("not-authorized"), server.Supply(null));
    }

    [Theory]
    [InlineData("", "malformed-request")]
    [InlineData("user\0pencil", "malformed-request")]
    [InlineData("\0user\0pen\0cil", "malformed-request")]
    [InlineData("\0\0pencil", "malformed-request")]
    [InlineData("\0user\0", "malformed-request")]
    [InlineData("\0us er\0pencil", "not-authorized")]
    [InlineData("other@example.org\0user\0pencil", "invalid-authzid")]
    [InlineData("user@example.com\0user\0pencil", "invalid-authzid")]
    public void A_bad_plain_message_gets_its_condition(string message, string condition) =>
        Assert.Equal(new SaslStep.Failure(condition), new SaslServer(Settings).Begin("PLAIN", Utf8(message)));

    [Fact]
    public void Plain_without_an_initial_response_is_asked_for_it()
    {
        var server = new SaslServer(Settings);

        Assert.Empty(Assert.IsType<SaslStep.Challenge>(server.Begin("PLAIN", null)).Data);
        Assert.IsType<SaslStep.NeedCredentials>(server.Respond(Utf8("\0user\0pencil")));
        Assert.Equal(new SaslStep.Success("user", null), server.Supply(Credentials));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("trace@example.com")]
    public void A_guest_is_let_in_at_once_with_or_without_a_trace(string? trace) =>
        Assert.Equal(new SaslStep.Success(null, null), new SaslServer(Settings).Begin("ANONYMOUS", trace is null ? null : Utf8(trace)));

    [Fact]
    public void A_response_that_nobody_asked_for_is_malformed() =>
        Assert.Equal(new SaslStep.Failure("malformed-request"), new SaslServer(Settings).Respond([]));

    [Fact]
    public void Credentials_that_nobody_asked_for_are_a_bug() =>
        Assert.Throws<InvalidOperationException>(() => new SaslServer(Settings).Supply(Credentials));

    [Fact]
    [Trait("Rule", "B-XMPP-07")]
    public void After_a_failure_another_try_may_succeed()
    {
        var server = new SaslServer(Settings);
        server.Begin("PLAIN", Utf8("\0user\0wrong"));
        Assert.IsType<SaslStep.Failure>(server.Supply(Credentials));

        server.Begin("PLAIN", Utf8("\0user\0pencil"));
        Assert.IsType<SaslStep.Success>(server.Supply(Credentials));
    }

    [Fact]
    public void An_aborted_exchange_cannot_go_on()
    {
        var server = new SaslServer(Settings);
        server.Begin("SCRAM-SHA-256", null);
        server.Abort();
        Assert.Equal(new SaslStep.Failure("malformed-request"), server.Respond(Utf8("n,,n=user,r=abc")));
    }

    [Fact]
    public void A_client_may_begin_anew_in_the_middle_of_an_exchange()
    {
        var server = new SaslServer(Settings);
        server.Begin("SCRAM-SHA-256", Utf8("n,,n=user,r=abc"));
        server.Supply(Credentials);

        server.Begin("PLAIN", Utf8("\0user\0pencil"));
        Assert.IsType<SaslStep.Success>(server.Supply(Credentials));
    }

    public static TheoryData<string, bool, string, bool> Exchanges => new()
    {
        { "SCRAM-SHA-512", true, "pencil", true },
        { "SCRAM-SHA-256", false, "pencil", true },
        { "SCRAM-SHA-256", true, "wrong", true },
        { "SCRAM-SHA-1", true, "pencil", false },
        { "PLAIN", true, "pencil", true },
        { "PLAIN", false, "wrong", true },
        { "PLAIN", false, "pencil", false },
        { "ANONYMOUS", false, "", false },
    };

    [Theory, MemberData(nameof(Exchanges))]
    public void An_exchange_that_moves_between_any_two_steps_ends_the_same(string mechanism, bool isInitial, string password, bool isKnown)
    {
        var uncut = Run(mechanism, isInitial, password, isKnown, cutAt: _ => false);
        for (var cut = 0; cut <= uncut.Count; cut++)
        {
            Assert.Equal(uncut, Run(mechanism, isInitial, password, isKnown, step => step == cut));
        }

        Assert.Equal(uncut, Run(mechanism, isInitial, password, isKnown, cutAt: _ => true));
    }

    [Fact]
    public void A_snapshot_of_another_version_is_refused()
    {
        var snapshot = new SaslServer(Settings).Capture();
        snapshot[0]++;
        Assert.Throws<InvalidDataException>(() => SaslServer.Restore(Settings, snapshot));
    }

    [Fact]
    public void A_snapshot_that_is_cut_off_is_refused_at_every_length()
    {
        var server = new SaslServer(Settings);
        server.Begin("SCRAM-SHA-256", Utf8("n,,n=user,r=abc"));
        server.Supply(Credentials);
        var snapshot = server.Capture();
        for (var length = 0; length < snapshot.Length; length++)
        {
            Assert.ThrowsAny<IOException>(() => SaslServer.Restore(Settings, snapshot[..length]));
        }
    }

    [Fact]
    public void A_state_does_not_print_its_secrets()
    {
        SaslState[] states = [new SaslState.PlainWaiting("user", "pencil"), SaslState.Idle];
        Assert.Equal(["PlainWaiting", "Nothing"], states.Select(state => state.ToString()));
    }

    /// <summary>Plays one exchange, moving the server to "another node" wherever asked, and lists the steps as text.</summary>
    private static List<string> Run(string mechanism, bool isInitial, string password, bool isKnown, Func<int, bool> cutAt)
    {
        var steps = new List<string>();
        var server = new SaslServer(Settings, Zeros);
        var client = new ScramClient(mechanism, "user", password, "abc");
        var first = mechanism switch { "PLAIN" => Utf8($"\0user\0{password}"), "ANONYMOUS" => [], _ => client.First() };
        var step = At(0).Begin(mechanism, isInitial ? first : null);
        while (true)
        {
            steps.Add(Describe(step));
            switch (step)
            {
                case SaslStep.NeedCredentials:
                    step = At(steps.Count).Supply(isKnown ? Credentials : null);
                    break;
                case SaslStep.Challenge challenge:
                    step = At(steps.Count).Respond(challenge.Data.Length == 0 ? first : client.Final(challenge.Data));
                    break;
                default:
                    At(steps.Count);
                    return steps;
            }
        }

        SaslServer At(int position) => server = cutAt(position) ? SaslServer.Restore(Settings, server.Capture(), Zeros) : server;
    }

    private static string Describe(SaslStep step) => step switch
    {
        SaslStep.Challenge challenge => $"challenge {Convert.ToHexString(challenge.Data)}",
        SaslStep.Success success => $"success {success.Local} {Convert.ToHexString(success.Data ?? [])}",
        _ => step.ToString()!,
    };

    private static byte[] Zeros(int count) => new byte[count];

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
