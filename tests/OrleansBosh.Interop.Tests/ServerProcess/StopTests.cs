using System.Runtime.Versioning;
using System.Xml.Linq;
using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.ServerProcess;

/// <summary>An orderly stop of a real process, and what is there after it.</summary>
[UnsupportedOSPlatform("windows")]
public class StopTests
{
    private const int HeldPolls = 100;
    private static readonly XNamespace Roster = "jabber:iq:roster";

    // Not in the wire suite: no client can stop a server.
    [Fact]
    [Trait("Rule", "B-COND-12")]
    public async Task With_100_held_polls_SIGTERM_answers_each_with_system_shutdown_and_the_process_ends_with_0()
    {
        await using var node = await NodeProcess.StartAsync();
        var sessions = Enumerable.Range(0, HeldPolls).Select(_ => new ScriptedSession(Client(node))).ToList();
        await Task.WhenAll(sessions.Select(session => session.LoginAsync(BoshLogin.Anonymous())));
        var polls = await Task.WhenAll(sessions.Select(session => session.SendAsync(session.Next())));
        // Nothing tells a client that its poll is held. As many exchanges later it has arrived, and it has no answer.
        foreach (var session in sessions)
        {
            await using var other = new ScriptedSession(Client(node));
            await other.OpenAsync();
            await other.AskAsync(other.Next([("type", "terminate")]));
        }

        Assert.DoesNotContain(polls, poll => poll.Answer.IsCompleted);

        node.Terminate();
        Assert.Equal(0, await node.WaitForExitAsync(TimeSpan.FromSeconds(3)));
        foreach (var poll in polls) Assert.Equal("system-shutdown", (await poll).Condition);
        foreach (var session in sessions) await session.DisposeAsync();
    }

    [Fact]
    [Trait("Rule", "P-RT-05")]
    public async Task After_a_restart_accounts_rosters_and_offline_messages_are_there()
    {
        var folder = Directory.CreateTempSubdirectory("orleans-bosh-").FullName;
        await using (var node = await NodeProcess.StartAsync(new() { DataFolder = folder }))
        {
            await using var romeo = new BoshClient(Client(node));
            await romeo.RegisterAsync("romeo", "secret");
            await romeo.LoginAsync(BoshLogin.Plain("romeo", "secret"));
            await using (var registration = new BoshClient(Client(node))) await registration.RegisterAsync("juliet", "secret");
            await romeo.IqAsync(StanzaXml.Iq("set", new XElement(Roster + "query", new XElement(Roster + "item", new XAttribute("jid", "juliet@localhost"), new XAttribute("name", "Juliet")))));
            await romeo.SendAsync(StanzaXml.Message("juliet@localhost", "while you were away"));
            await romeo.IqAsync(StanzaXml.Ping("localhost"));
            node.Terminate();
            Assert.Equal(0, await node.WaitForExitAsync());
        }

        await using (var node = await NodeProcess.StartAsync(new() { DataFolder = folder }))
        {
            await using var romeo = new BoshClient(Client(node));
            await romeo.LoginAsync(BoshLogin.Scram("romeo", "secret"));
            var roster = await romeo.IqAsync(StanzaXml.Iq("get", new XElement(Roster + "query")));
            Assert.Equal("Juliet", roster.Descendants(Roster + "item").Single().Attribute("name")!.Value);

            await using var juliet = new BoshClient(Client(node));
            await juliet.LoginAsync(BoshLogin.Scram("juliet", "secret"));
            await juliet.SendAsync(StanzaXml.Presence());
            XElement message;
            do message = await juliet.Stanzas.ReadAsync();
            while (message.Name.LocalName != "message");
            Assert.Equal("while you were away", message.Element(message.Name.Namespace + "body")!.Value);
            Assert.Contains(message.Elements(), child => child.Name == XName.Get("delay", "urn:xmpp:delay"));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    [Trait("Rule", "B-INACT-04")]
    public async Task A_message_for_a_client_between_two_polls_is_stored_when_the_node_stops()
    {
        var folder = Directory.CreateTempSubdirectory("orleans-bosh-").FullName;
        await using (var node = await NodeProcess.StartAsync(new() { DataFolder = folder }))
        {
            await using (var registration = new BoshClient(Client(node))) await registration.RegisterAsync("juliet", "secret");
            await using var juliet = new ScriptedSession(Client(node));
            await juliet.LoginAsync(BoshLogin.Plain("juliet", "secret"));
            await using var romeo = new BoshClient(Client(node));
            await romeo.LoginAsync(BoshLogin.Anonymous());
            await romeo.SendAsync(StanzaXml.Message(juliet.Jid!, "are you there?"));
            await romeo.IqAsync(StanzaXml.Ping("localhost"));
            node.Terminate();
            Assert.Equal(0, await node.WaitForExitAsync());
        }

        await using (var node = await NodeProcess.StartAsync(new() { DataFolder = folder }))
        {
            await using var juliet = new BoshClient(Client(node));
            await juliet.LoginAsync(BoshLogin.Plain("juliet", "secret"));
            await juliet.SendAsync(StanzaXml.Presence());
            XElement message;
            do message = await juliet.Stanzas.ReadAsync();
            while (message.Name.LocalName != "message");
            Assert.Equal("are you there?", message.Element(message.Name.Namespace + "body")!.Value);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_client_that_sends_its_request_for_ever_does_not_keep_the_node()
    {
        await using var node = await NodeProcess.StartAsync();
        using var connection = await BoshConnection.ConnectAsync(node.Url);
        await connection.SendAsync("POST /http-bind HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"u8.ToArray());
        var answer = connection.ReadAnswerAsync();
        node.Terminate();
        // Above the rate below which the web server itself gives a client up.
        while (!answer.IsCompleted && !node.HasExited)
        {
            try
            {
                await connection.SendAsync(new byte[2000]);
            }
            catch (IOException)
            {
                break;
            }

            await Task.Delay(100);
        }

        // The whole stop may take 15 s: the silo got what it needed of that.
        Assert.Equal(0, await node.WaitForExitAsync(TimeSpan.FromSeconds(10)));
        await Assert.ThrowsAnyAsync<IOException>(() => answer);
    }

    private static BoshClientOptions Client(NodeProcess node) => new() { Nodes = [node.BoshUrl], Domain = "localhost" };
}
