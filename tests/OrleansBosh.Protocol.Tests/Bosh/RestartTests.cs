using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.18, as far as the engine decides: stream restarts and what a body must look like for XMPP.</summary>
public sealed class RestartTests : SessionTests
{
    [Fact, Trait("Rule", "B-XMPP-05"), Trait("Rule", "B-XMPP-04")]
    public void A_restart_is_answered_with_features_on_the_request_that_asked()
    {
        var s = Create();
        var restart = s.Q(1, b => b with { Restart = true });
        restart.ShouldCarry("features");
        Assert.Equal(1, s.Backend.Restarts);
        Assert.Contains(" xmlns:stream='http://etherx.jabber.org/streams'", restart.StartTag, StringComparison.Ordinal);
    }

    [Fact, Trait("Rule", "B-XMPP-06")]
    public void The_payload_of_a_restart_is_ignored()
    {
        var s = Create();
        s.Q(1, b => b with { Restart = true }, Message("m")).ShouldCarry("features");
        Assert.Empty(s.Backend.Ids);
    }

    [Fact, Trait("Rule", "B-XMPP-06"), Trait("Rule", "B-STR-03")]
    public void A_restart_works_with_and_without_an_address()
    {
        var s = Create();
        s.Q(1, b => b with { Restart = true, To = "example.com" }).ShouldCarry("features");
        s.Q(2, b => b with { Restart = true }).ShouldCarry("features");
        Assert.Equal(2, s.Backend.Restarts);
    }

    [Fact, Trait("Rule", "B-XMPP-05"), Trait("Rule", "B-RID-03")]
    public void A_restart_takes_its_turn_among_the_stanzas()
    {
        var s = Create();
        s.Q(2, b => b with { Restart = true });
        s.Q(1, Auth("auth")).ShouldCarry("features");
        Assert.Equal(["Open", "Stanza", "Restart"], s.Backend.Seen.Select(item => item.Kind.ToString()));
    }

    [Fact, Trait("Rule", "B-XML-07")]
    public void Payload_elements_are_forwarded_in_document_order()
    {
        var s = Open();
        s.Q(1, Message("a"), Auth("response"), Message("b"));
        Assert.Equal(["a", "response", "b"], s.Backend.Ids);
        Assert.Equal([0, 1, 2], s.Backend.Seen.Skip(1).Select(item => item.Index));
    }

    [Fact, Trait("Rule", "B-XMPP-09"), Trait("Rule", "B-XML-06")]
    public void Stanzas_stand_unprefixed_in_their_own_namespace()
    {
        var s = Open();
        s.Push("m");
        Assert.Contains("><message xmlns='jabber:client' ", s.Q(1).Text, StringComparison.Ordinal);
    }
}
