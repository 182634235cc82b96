using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

/// <summary>Even a server that takes two requests of one moment in the wrong order gets those of a session in the right one.</summary>
public sealed class LiveOrderTests : LiveClientTestBase
{
    /// <summary>Longer than a test may take.</summary>
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    [Fact]
    public async Task What_is_said_after_an_answer_goes_out_in_place_of_an_empty_request()
    {
        var client = NewClient(options => options with { EmptyRequestDelay = Never });
        var login = client.LoginAsync(BoshLogin.Anonymous(), Server.Limit);
        await Server.LoginAsync();
        await login;
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(StanzaXml.Message("b@localhost", $"{i}"), Server.Limit);
            var request = await Server.NextAsync();
            Assert.Equal($"{i}", request.Body.Elements().Single().Value);
            // The answer leaves no request with the server, and is the client's cue.
            await request.AnswerAsync("<message xmlns='jabber:client' from='b@localhost/r'><body>next</body></message>");
            await client.Stanzas.ReadAsync(Server.Limit);
        }
    }

    [Fact]
    public async Task Nothing_follows_an_empty_request_at_once()
    {
        var (client, held) = await LoginAsync(options: options => options with { EmptyRequestDelay = TimeSpan.Zero, EmptyRequestLead = Never });
        await client.SendAsync(StanzaXml.Message("b@localhost", "hi"), Server.Limit);
        await held.AnswerAsync();
        var next = await Server.NextAsync();
        Assert.Equal("hi", next.Body.Elements().Single().Value);
        // Sent before the answer it would have needed a second connection.
        Assert.Same(held.Peer, next.Peer);
    }
}
