using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

public sealed class ScriptedSessionTests : IAsyncDisposable
{
    private readonly RawServer _server = new RawServer().ServeRequests();
    private readonly ScriptedSession _session;

    public ScriptedSessionTests() =>
        _session = new ScriptedSession(new BoshClientOptions { Nodes = [_server.Url], Domain = "localhost", FirstRid = 1000 });

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task The_creation_request_asks_for_what_the_options_say()
    {
        await OpenAsync(("wait", "3"), ("ver", null), ("foo", "a'b\n<"));
        var creation = XElement.Parse(_session.Earlier(0).ToString());
        Assert.Equal("1000", creation.Attribute("rid")!.Value);
        Assert.Equal("localhost", creation.Attribute("to")!.Value);
        Assert.Equal("3", creation.Attribute("wait")!.Value);
        Assert.Equal("1", creation.Attribute("hold")!.Value);
        Assert.Equal("1.0", creation.Attribute(BoshNames.XBosh + "version")!.Value);
        Assert.Equal("a'b\n<", creation.Attribute("foo")!.Value);
        Assert.Null(creation.Attribute("ver"));
        Assert.Null(creation.Attribute("content"));
        Assert.Null(creation.Attribute("sid"));
    }

    [Fact]
    public async Task Requests_are_numbered_from_the_creation_request()
    {
        await OpenAsync();
        Assert.Equal("<body xmlns='http://jabber.org/protocol/httpbind' rid='1001' sid='s1'/>", _session.Next().ToString());
        Assert.Equal("<body xmlns='http://jabber.org/protocol/httpbind' rid='1005' sid='s1' type='terminate'><a/><b/></body>",
            _session.Request(5, [("type", "terminate")], "<a/>", "<b/>").ToString());
        Assert.Equal(1006, _session.Next().Rid);
        Assert.Equal("<body xmlns='http://jabber.org/protocol/httpbind' rid='1007' sid='s1' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'/>",
            _session.Next([("xmpp:restart", "true")]).ToString());
    }

    [Fact]
    public async Task A_lost_request_is_repeated_with_the_same_bytes_on_another_connection()
    {
        await OpenAsync();
        await _session.LoseAsync(_session.Next([], "<presence xmlns='jabber:client'/>"));
        var lost = await _server.NextAsync();
        var repeat = await _session.SendAsync(_session.Earlier(1));
        var repeated = await _server.NextAsync();
        await repeated.AnswerAsync();

        Assert.Equal(lost.Entity, repeated.Entity);
        Assert.NotSame(lost.Peer, repeated.Peer);
        Assert.True((await repeat).IsEmpty);
    }

    [Fact]
    public async Task A_later_request_can_be_sent_first()
    {
        await OpenAsync();
        var later = await _session.SendAsync(_session.Request(2));
        Assert.Equal(1002, (await _server.NextAsync()).Rid);
        var earlier = await _session.SendAsync(_session.Request(1));
        var arrived = await _server.NextAsync();
        Assert.Equal(1001, arrived.Rid);
        Assert.False(later.Answer.IsCompleted);
        await arrived.AnswerAsync(attributes: "ack='1002'");
        Assert.Equal(1002, (await earlier).Ack);
    }

    [Fact]
    public async Task Requests_can_be_pipelined_and_cut()
    {
        await OpenAsync();
        var connection = await _session.ConnectAsync();
        var first = await _session.SendAsync(_session.Next(), connection);
        var second = await _session.SendAsync(_session.Next(), connection);
        var arrived = await _server.NextAsync();
        Assert.Same(arrived.Peer, (await _server.NextAsync()).Peer);
        await arrived.AnswerAsync();
        Assert.True((await first).IsEmpty);

        second.Cut();
        await Assert.ThrowsAnyAsync<IOException>(() => second.Answer);
    }

    [Fact]
    public async Task A_session_that_is_refused_says_why()
    {
        var open = _session.OpenAsync();
        await (await _server.NextAsync()).AnswerAsync(attributes: "type='terminate' condition='host-unknown'");
        Assert.Equal("host-unknown", (await Assert.ThrowsAsync<BoshTerminatedException>(() => open)).Condition);
    }

    [Fact]
    public async Task Login_goes_step_by_step_on_one_connection()
    {
        var login = _session.LoginAsync(BoshLogin.Anonymous());
        await _server.LoginAsync();
        Assert.Equal("g@localhost/r", await login);
        Assert.Equal(4, _session.LastNumber + 1);
        Assert.Contains("mechanism=\"ANONYMOUS\"", _session.Earlier(1).ToString(), StringComparison.Ordinal);
        Assert.Contains("xmpp:restart='true'", _session.Earlier(2).ToString(), StringComparison.Ordinal);
    }

    private async Task OpenAsync(params (string, string?)[] attributes)
    {
        var open = _session.OpenAsync(attributes);
        await (await _server.NextAsync()).AnswerAsync(attributes: "sid='s1' wait='60' requests='2'");
        await open;
    }
}
