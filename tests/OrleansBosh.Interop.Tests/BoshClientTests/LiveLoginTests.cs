using System.Text;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

public sealed class LiveLoginTests : LiveClientTestBase
{
    [Fact]
    public async Task A_refused_password_leaves_the_session_usable()
    {
        var client = NewClient();
        var login = client.LoginAsync(BoshLogin.Plain("u", "wrong"), Server.Limit);
        await (await Server.NextAsync()).AnswerAsync(
            RawServer.Mechanisms("PLAIN"),
            "sid='s1' wait='60' requests='2' xmlns:stream='http://etherx.jabber.org/streams'");
        var auth = await Server.NextAsync();
        Assert.Equal("\0u\0wrong", Encoding.UTF8.GetString(Convert.FromBase64String(auth.Body.Elements().Single().Value)));
        await auth.AnswerAsync("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
        Assert.Equal("not-authorized", (await Assert.ThrowsAsync<LoginException>(() => login)).Condition);

        login = client.LoginAsync(BoshLogin.Plain("u", "right"), Server.Limit);
        var next = await Server.NextAsync();
        Assert.Equal(auth.Rid + 1, next.Rid);
        await next.AnswerAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        await Server.AnswerRestartAndBindAsync();
        Assert.Equal("g@localhost/r", await login);
    }

    [Fact]
    public async Task A_mechanism_that_is_not_offered_is_not_tried()
    {
        var client = NewClient();
        var login = client.LoginAsync(BoshLogin.Scram("u", "p"), Server.Limit);
        await (await Server.NextAsync()).AnswerAsync(
            RawServer.Mechanisms("PLAIN"),
            "sid='s1' wait='60' requests='2' xmlns:stream='http://etherx.jabber.org/streams'");
        Assert.Equal("mechanism-not-offered", (await Assert.ThrowsAsync<LoginException>(() => login)).Condition);
    }

    [Fact]
    public async Task Features_that_come_late_are_asked_for_with_an_empty_request()
    {
        var client = NewClient();
        var login = client.LoginAsync(BoshLogin.Anonymous(), Server.Limit);
        await (await Server.NextAsync()).AnswerAsync(attributes: "sid='s1' wait='60' requests='2'");
        var poll = await Server.NextAsync();
        Assert.Empty(poll.Body.Elements());
        await poll.AnswerAsync(
            RawServer.Mechanisms("ANONYMOUS"),
            "xmlns:stream='http://etherx.jabber.org/streams'");
        await (await Server.NextAsync()).AnswerAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        await Server.AnswerRestartAndBindAsync();
        Assert.Equal("g@localhost/r", await login);
    }

    [Fact]
    public async Task Registration_asks_for_the_form_and_sends_name_and_password()
    {
        var client = NewClient();
        var registration = client.RegisterAsync("juliet", "rose", Server.Limit);
        await (await Server.NextAsync()).AnswerAsync(attributes: "sid='s1' wait='60' requests='2'");
        await AnswerIqAsync("<query xmlns='jabber:iq:register'><username/><password/></query>");
        var query = (await AnswerIqAsync("")).Body.Descendants(BoshNames.Register + "query").Single();
        await registration;
        Assert.Equal("juliet", query.Element(BoshNames.Register + "username")!.Value);
        Assert.Equal("rose", query.Element(BoshNames.Register + "password")!.Value);
    }

    private async Task<RawRequest> AnswerIqAsync(string payload)
    {
        var request = await Server.NextAsync();
        var id = request.Body.Elements().Single().Attribute("id")!.Value;
        await request.AnswerAsync($"<iq xmlns='jabber:client' type='result' id='{id}'>{payload}</iq>");
        return request;
    }
}
