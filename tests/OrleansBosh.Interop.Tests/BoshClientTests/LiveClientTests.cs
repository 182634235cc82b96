using System.Threading.Channels;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

public sealed class LiveClientTests : LiveClientTestBase
{
    [Fact]
    public async Task After_login_one_request_is_held_and_a_stanza_goes_out_on_a_second_connection()
    {
        var (client, held) = await LoginAsync();
        await client.SendAsync(StanzaXml.Message("b@localhost", "hi"), Server.Limit);
        var sending = await Server.NextAsync();

        Assert.Empty(held.Body.Elements());
        Assert.Equal("hi", sending.Body.Elements().Single().Value);
        Assert.Equal(held.Rid + 1, sending.Rid);
        Assert.NotSame(held.Peer, sending.Peer);

        // The server releases the older one; the newer one is held now, so there is nothing to send.
        await held.AnswerAsync();
        await client.SendAsync(StanzaXml.Message("b@localhost", "again"), Server.Limit);
        var third = await Server.NextAsync();
        Assert.Equal("again", third.Body.Elements().Single().Value);
        Assert.Same(held.Peer, third.Peer);
    }

    [Fact]
    public async Task Stanzas_that_wait_for_a_free_request_share_the_next_one()
    {
        var (client, held) = await LoginAsync();
        await client.SendAsync(StanzaXml.Message("b@localhost", "0"), Server.Limit);
        await Server.NextAsync();
        for (var i = 1; i <= 3; i++)
            await client.SendAsync(StanzaXml.Message("b@localhost", $"{i}"), Server.Limit);
        await held.AnswerAsync();
        Assert.Equal(["1", "2", "3"], (await Server.NextAsync()).Body.Elements().Select(e => e.Value));
    }

    [Fact]
    public async Task A_broken_connection_makes_the_client_repeat_the_same_bytes()
    {
        var (client, held) = await LoginAsync();
        held.Peer.Dispose();
        var repeated = await Server.NextAsync();
        Assert.Equal(held.Entity, repeated.Entity);
        Assert.NotSame(held.Peer, repeated.Peer);
        await repeated.AnswerAsync(Message("late"));
        Assert.Equal("late", (await ReadAsync(client)).Value);
        Assert.Equal(1, client.Metrics.Repeats);
    }

    [Fact]
    public async Task Both_requests_are_repeated_when_both_connections_break()
    {
        var (client, held) = await LoginAsync();
        await client.SendAsync(StanzaXml.Presence(), Server.Limit);
        var sending = await Server.NextAsync();
        held.Peer.Dispose();
        sending.Peer.Dispose();
        RawRequest[] repeated = [await Server.NextAsync(), await Server.NextAsync()];
        Assert.Equal([held.Text, sending.Text], repeated.OrderBy(r => r.Rid).Select(r => r.Text));
    }

    [Fact]
    public async Task An_answer_that_does_not_come_in_time_is_asked_for_again()
    {
        var (_, held) = await LoginAsync("hold='1' requests='2' wait='1'", o => o with { AnswerGrace = TimeSpan.FromMilliseconds(200) });
        var repeated = await Server.NextAsync();
        Assert.Equal(held.Entity, repeated.Entity);
        Assert.NotSame(held.Peer, repeated.Peer);
    }

    [Fact]
    public async Task A_client_may_cut_its_own_connections_and_then_repeats()
    {
        var client = NewClient(o => o with { CutShare = 1, Seed = 1 });
        var open = client.OpenAsync(Server.Limit);
        Assert.Equal((await Server.NextAsync()).Entity, (await Server.NextAsync()).Entity);
        await client.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => open);
    }

    [Fact]
    public async Task A_polling_session_asks_at_intervals_and_has_one_request_at_a_time()
    {
        var (client, poll) = await LoginAsync("hold='0' requests='1' wait='0' polling='0'");
        await client.SendAsync(StanzaXml.Presence(), Server.Limit);
        await poll.AnswerAsync();
        Assert.Equal("presence", (await Server.NextAsync()).Body.Elements().Single().Name.LocalName);
    }

    [Theory]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind' type='error'/>", "200 OK")]
    [InlineData("try again", "503 Service Unavailable")]
    public async Task A_recoverable_error_makes_the_client_repeat_the_request(string entity, string status)
    {
        var (_, held) = await LoginAsync();
        await held.WriteAsync(entity, status);
        Assert.Equal(held.Entity, (await Server.NextAsync()).Entity);
    }

    [Fact]
    public async Task Stanzas_come_in_the_order_of_the_rids_even_if_the_answers_do_not()
    {
        var (client, first) = await LoginAsync();
        await client.SendAsync(StanzaXml.Presence(), Server.Limit);
        var second = await Server.NextAsync();
        await second.AnswerAsync(Message("3") + Message("4"));
        await first.AnswerAsync(Message("1") + Message("2"));
        foreach (var expected in new[] { "1", "2", "3", "4" })
            Assert.Equal(expected, (await ReadAsync(client)).Value);
    }

    [Fact]
    public async Task An_iq_gets_its_result_and_other_stanzas_pass_by()
    {
        var (client, held) = await LoginAsync();
        var iq = client.IqAsync(StanzaXml.Ping("localhost"), Server.Limit);
        var id = (await Server.NextAsync()).Body.Elements().Single().Attribute("id")!.Value;
        await held.AnswerAsync(Message("x") + $"<iq xmlns='jabber:client' type='error' id='{id}'><error type='cancel'>"
            + "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
        Assert.Equal("service-unavailable", StanzaXml.ErrorCondition(await iq));
        Assert.Equal("x", (await ReadAsync(client)).Value);
    }

    [Fact]
    public async Task The_end_that_theServer_declares_reaches_everyone_who_waits()
    {
        var (client, held) = await LoginAsync();
        var iq = client.IqAsync(StanzaXml.Ping("localhost"), Server.Limit);
        await Server.NextAsync();
        await held.AnswerAsync(attributes: "type='terminate' condition='system-shutdown'");

        Assert.Equal("system-shutdown", (await Assert.ThrowsAsync<BoshTerminatedException>(() => iq)).Condition);
        await Assert.ThrowsAsync<BoshTerminatedException>(() => client.Stanzas.Completion);
        Assert.Equal(BoshEndKind.Terminated, (await client.Completion).Kind);
        await Assert.ThrowsAsync<ChannelClosedException>(async () => await client.SendAsync(StanzaXml.Presence(), Server.Limit));
    }

    [Fact]
    public async Task Terminating_sends_what_is_queued_first_and_may_exceed_the_requests_by_one()
    {
        var (client, held) = await LoginAsync();
        await client.SendAsync(StanzaXml.Message("b@localhost", "last words"), Server.Limit);
        Assert.Equal("last words", (await Server.NextAsync()).Body.Elements().Single().Value);
        var end = client.TerminateAsync(Server.Limit);
        var terminating = await Server.NextAsync();
        Assert.Equal("terminate", terminating.Attribute("type"));
        Assert.Equal("unavailable", terminating.Body.Elements().Single().Attribute("type")!.Value);

        await held.AnswerAsync(Message("farewell"), "type='terminate'");
        Assert.Equal(BoshEndKind.Closed, (await end).Kind);
        Assert.Equal("farewell", (await ReadAsync(client)).Value);
        await client.Stanzas.Completion;
    }

    [Fact]
    public async Task A_client_gives_up_after_the_recovery_limit()
    {
        var (client, held) = await LoginAsync(options: o => o with { RecoveryLimit = TimeSpan.Zero });
        Server.Dispose();
        held.Peer.Dispose();
        var end = await client.Completion;
        Assert.Equal(BoshEndKind.Failed, end.Kind);
        await Assert.ThrowsAsync<IOException>(() => client.Stanzas.Completion);
    }

    [Fact]
    public async Task An_answer_that_breaks_the_protocol_ends_the_session()
    {
        var (client, held) = await LoginAsync();
        await held.AnswerAsync("text");
        Assert.IsType<BoshProtocolException>((await client.Completion).Error);
    }

    [Fact]
    public async Task Too_many_unread_stanzas_end_the_session_and_none_is_dropped_silently()
    {
        var (client, held) = await LoginAsync(options: o => o with { MaxUnread = 2 });
        await held.AnswerAsync(Message("1") + Message("2") + Message("3"));
        Assert.Equal(BoshEndKind.Failed, (await client.Completion).Kind);
    }

    [Fact]
    public async Task Acks_are_sent_while_an_older_request_is_unanswered()
    {
        var (client, held) = await LoginAsync(options: o => o with { Ack = true });
        Assert.Null(held.Attribute("ack"));
        await client.SendAsync(StanzaXml.Presence(), Server.Limit);
        Assert.Equal($"{held.Rid - 1}", (await Server.NextAsync()).Attribute("ack"));
    }

    [Fact]
    public async Task A_client_never_lets_theServer_hold_both_connections()
    {
        var (client, held) = await LoginAsync("hold='2' requests='3' wait='60'");
        await client.SendAsync(StanzaXml.Message("b@localhost", "x"), Server.Limit);
        var second = await Server.NextAsync();
        Assert.Equal(held.Rid + 1, second.Rid);
        Assert.Equal("x", second.Body.Elements().Single().Value);
    }

    [Fact]
    public async Task A_disposed_client_says_nothing_and_ends()
    {
        var (client, held) = await LoginAsync();
        await client.DisposeAsync();
        Assert.Equal(BoshEndKind.Abandoned, (await client.Completion).Kind);
        await held.Peer.End.WaitAsync(Server.Limit);
    }

    private async Task<XElement> ReadAsync(BoshClient client) => await client.Stanzas.ReadAsync(Server.Limit);

    private static string Message(string text) => $"<message xmlns='jabber:client'><body>{text}</body></message>";
}
