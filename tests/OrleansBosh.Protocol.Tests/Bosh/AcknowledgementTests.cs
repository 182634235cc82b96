using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.11: acknowledgements in both directions.</summary>
public sealed class AcknowledgementTests : SessionTests
{
    private static string Rid(int n) => $"{R0 + n}";

    [Fact, Trait("Rule", "B-ACK-01")]
    public void The_creation_answer_acknowledges_itself()
    {
        Assert.Equal(Rid(0), Open().Creation.Attribute("ack"));
    }

    [Fact, Trait("Rule", "B-ACK-01")]
    public void A_server_that_offers_no_acknowledgements_never_sends_one()
    {
        var s = Open(settings: TestSettings with { SendAcks = false });
        var first = s.Q(1);
        s.Q(2);
        Assert.Null(s.Creation.Attribute("ack"));
        Assert.Null(first.Attribute("ack"));
    }

    [Fact, Trait("Rule", "B-ACK-02")]
    public void An_answer_acknowledges_the_highest_rid_unless_it_is_its_own()
    {
        var s = Open();
        var first = s.Q(1);
        var second = s.Q(2);
        Assert.Equal(Rid(2), first.Attribute("ack"));
        s.Push("m");
        Assert.Null(second.Attribute("ack"));
    }

    [Fact, Trait("Rule", "B-ACK-03")]
    public void A_rid_behind_a_gap_is_not_acknowledged()
    {
        var s = Open(c => c with { Hold = "2" });
        var first = s.Q(1);
        s.Q(3);
        s.Push("m");
        first.ShouldCarry("m");
        Assert.Null(first.Attribute("ack"));
    }

    [Theory, Trait("Rule", "B-ACK-04")]
    [InlineData("0")]
    [InlineData(null)]
    [InlineData("yes")]
    public void Other_values_than_one_leave_client_acknowledgements_off(string? ack)
    {
        var s = Open(c => c with { Ack = ack });
        var first = s.Q(1, Ping("p"));
        s.Q(2);
        Assert.Equal(first.Text, s.Q(1).Text); // the absent ack of Q(2) has not trimmed the cache
    }

    [Fact, Trait("Rule", "B-ACK-05")]
    public void An_acknowledgement_frees_the_answers_up_to_it()
    {
        var s = Open(c => c with { Ack = "1" });
        Converse(s, 4);
        s.Q(5, b => b with { Ack = Rid(3) });
        s.Q(4).ShouldCarry("p4");
        s.Q(3).ShouldTerminate("item-not-found");
    }

    [Fact, Trait("Rule", "B-ACK-05")]
    public void An_absent_acknowledgement_acknowledges_everything_below()
    {
        var s = Open(c => c with { Ack = "1" });
        Converse(s, 1);
        s.Q(2);
        s.Q(1).ShouldTerminate("item-not-found");
    }

    [Fact, Trait("Rule", "B-ACK-06")]
    public void Unacknowledged_answers_are_all_kept()
    {
        var s = Open(c => c with { Ack = "1" });
        var callers = Converse(s, 8);
        Assert.Equal(callers[0].Text, s.Q(1).Text);
    }

    [Fact, Trait("Rule", "B-ACK-06")]
    public void Unacknowledged_answers_are_bounded_by_count_and_bytes()
    {
        var count = Open(c => c with { Ack = "1" }, TestSettings with { MaxCachedAnswers = 3 });
        Converse(count, 5);
        count.Q(3).ShouldCarry("p3");
        count.Q(2).ShouldTerminate("item-not-found");
        var bytes = Open(c => c with { Ack = "1" }, TestSettings with { MaxCachedBytes = 10 });
        Converse(bytes, 5);
        bytes.Q(5).ShouldCarry("p5");
        bytes.Q(4).ShouldTerminate("item-not-found");
    }

    [Fact, Trait("Rule", "B-ACK-07")]
    public void A_client_that_missed_an_answer_is_told()
    {
        var s = Open(c => c with { Ack = "1" }, TestSettings with { Inactivity = TimeSpan.FromSeconds(10) });
        Converse(s, 2);
        s.Advance(3);
        var third = s.Q(3, b => b with { Ack = Rid(0) });
        third.ShouldBeEmpty();
        Assert.Equal(Rid(1), third.Attribute("report"));
        Assert.Equal("3000", third.Attribute("time"));
        s.Q(1).ShouldCarry("p1");
    }

    [Fact, Trait("Rule", "B-ACK-07")]
    public void A_report_carries_what_is_queued()
    {
        var s = Open(c => c with { Ack = "1", Wait = "60" }, TestSettings with { Inactivity = TimeSpan.FromSeconds(100) });
        Converse(s, 2);
        s.Push("m");
        s.Advance(90);
        var third = s.Q(3, b => b with { Ack = Rid(0) });
        third.ShouldCarry("m");
        Assert.Equal("65535", third.Attribute("time"));
    }

    [Fact, Trait("Rule", "B-ACK-07"), Trait("Rule", "B-RTX-06")]
    public void A_report_does_not_spend_stanzas_on_a_broken_request()
    {
        var s = Open(c => c with { Ack = "1", Hold = "2" }, TestSettings with { Inactivity = TimeSpan.FromSeconds(100) });
        Converse(s, 2);
        s.Push("m");
        s.Advance(3);
        s.Kill(s.Q(4, b => b with { Ack = Rid(0) }));
        s.Q(3, b => b with { Ack = "nonsense" }).ShouldCarry("m");
        s.ShouldBeAlive(5);
    }

    [Fact, Trait("Rule", "B-ACK-07"), Trait("Rule", "B-HOLD-07")]
    public void A_report_never_answers_a_request_of_the_negotiation_before_its_reply()
    {
        var backend = new ScriptBackend();
        var s = Create(c => c with { Ack = "1" }, TestSettings with { Inactivity = TimeSpan.FromSeconds(10) }, backend);
        Converse(s, 2);
        s.Advance(3);
        backend.Replies = ScriptBackend.Silence;
        Assert.True(s.Q(3, b => b with { Ack = Rid(0) }, Auth()).IsHeld);
    }

    [Fact, Trait("Rule", "B-ACK-08")]
    public void What_was_just_sent_is_not_reported()
    {
        var s = Open(c => c with { Ack = "1" });
        Converse(s, 2);
        s.Advance(0.05);
        Assert.True(s.Q(3, b => b with { Ack = Rid(1) }).IsHeld);
    }

    [Fact, Trait("Rule", "B-ACK-08")]
    public void What_was_just_sent_again_is_not_reported()
    {
        var s = Open(c => c with { Ack = "1" }, TestSettings with { Inactivity = TimeSpan.FromSeconds(10) });
        Converse(s, 1);
        s.Advance(5);
        s.Q(1).ShouldCarry("p1");
        s.Advance(0.05);
        Assert.True(s.Q(2, b => b with { Ack = Rid(0) }).IsHeld);
    }

    [Theory, Trait("Rule", "B-ACK-08")]
    [InlineData("zzz")]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("99999999999999999999999")]
    [InlineData("9223372036854775807")]
    public void A_nonsensical_acknowledgement_does_no_harm(string ack)
    {
        var s = Open(c => c with { Ack = "1" }, TestSettings with { Inactivity = TimeSpan.FromSeconds(10) });
        Converse(s, 1);
        s.Advance(5);
        Assert.True(s.Q(2, b => b with { Ack = ack }).IsHeld);
        s.Q(1).ShouldCarry("p1");
    }

    [Fact, Trait("Rule", "B-ACK-07"), Trait("Rule", "B-POLL-03")]
    public void A_report_with_payload_counts_as_payload_for_a_poller()
    {
        var s = Open(c => c with { Ack = "1", Hold = "0" }, TestSettings with { PollingInactivity = TimeSpan.FromSeconds(10) });
        Converse(s, 1);
        s.Advance(3);
        s.Push("m");
        s.Q(2, b => b with { Ack = Rid(0) }).ShouldCarry("m");
        s.Q(3).ShouldBeEmpty();
    }

    /// <summary>Requests 1 … <paramref name="count"/>, each answered at once and acknowledging nothing.</summary>
    private static List<ScriptCaller> Converse(SessionScript s, int count)
    {
        var callers = new List<ScriptCaller>();
        for (var n = 1; n <= count; n++)
        {
            callers.Add(s.Q(n, b => b with { Ack = Rid(0) }, Ping($"p{n}")));
            callers[^1].ShouldCarry($"p{n}");
        }

        return callers;
    }
}
