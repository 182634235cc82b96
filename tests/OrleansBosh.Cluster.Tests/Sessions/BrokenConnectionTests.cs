using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>A client that closes its connection while its request is held, at the owner's node and at another.</summary>
[Collection(nameof(TwoNodes))]
public class BrokenConnectionTests(TwoNodes nodes)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Rule", "B-RTX-06")]
    public async Task Its_request_is_given_up_at_once_and_a_repeat_on_a_new_connection_gets_the_one_answer(bool viaWrongNode)
    {
        await using var session = await LogInAsync(viaWrongNode);
        await LoseHeldRequestAsync(session);

        await SendMessageToAsync(session, "one");

        var answer = await session.AskAsync(session.Earlier(session.LastNumber));
        Assert.Equal("one", Assert.Single(answer.Payload).Value);
        var replay = await session.AskAsync(session.Earlier(session.LastNumber));
        Assert.Equal(answer.Raw, replay.Raw);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Rule", "B-RTX-06")]
    public async Task It_consumes_nothing_so_the_next_request_gets_the_message(bool viaWrongNode)
    {
        await using var session = await LogInAsync(viaWrongNode);
        await LoseHeldRequestAsync(session);
        var lost = session.LastNumber;

        await SendMessageToAsync(session, "two");

        // Had the break not been noticed, the message would have gone to the lost request.
        var answer = await session.AskAsync(session.Next());
        Assert.Equal("two", Assert.Single(answer.Payload).Value);
        Assert.True((await session.AskAsync(session.Earlier(lost))).IsEmpty);
    }

    private async Task<ScriptedSession> LogInAsync(bool viaWrongNode)
    {
        var session = new ScriptedSession(nodes.Client(nodes.A));
        await session.LoginAsync(BoshLogin.Anonymous());
        if (viaWrongNode) session.Node = nodes.B.Url;
        return session;
    }

    private async Task LoseHeldRequestAsync(ScriptedSession session)
    {
        var sessions = nodes.A.LocalSessions;
        var before = sessions.HeldRequests;
        var held = await session.SendAsync(session.Next());
        await Eventually.IsTrueAsync(() => sessions.HeldRequests == before + 1, "the request is held");
        held.Cut();
        await Eventually.IsTrueAsync(() => sessions.HeldRequests == before, "the broken connection is noticed");
    }

    private async Task SendMessageToAsync(ScriptedSession receiver, string text)
    {
        await using var sender = new ScriptedSession(nodes.Client(nodes.B));
        await sender.LoginAsync(BoshLogin.Anonymous());
        await sender.AskAsync(sender.Next([("type", "terminate")], StanzaXml.Text(StanzaXml.Message(receiver.Jid!, text))));
    }
}
