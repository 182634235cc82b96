using System.Globalization;
using System.Text;
using OrleansBosh.Load;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.ServerProcess;

public class LogTests
{
    // Not in the wire suite: no client sees a log.
    [Fact]
    [Trait("Rule", "B-SEC-04")]
    public async Task Even_the_most_talkative_log_holds_no_secret()
    {
        await using var node = await NodeProcess.StartAsync(new() { Arguments = ["--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:OrleansBosh=Trace"] });
        var options = new BoshClientOptions { Nodes = [node.BoshUrl], Domain = "localhost", FirstRid = 4_815_162_342_108 };
        await using (var registration = new BoshClient(options)) await registration.RegisterAsync("juliet", "r0m30-r0m30");
        await using var session = new ScriptedSession(options);
        await session.LoginAsync(BoshLogin.Plain("juliet", "r0m30-r0m30"));
        await session.AskAsync(session.Next([], StanzaXml.Text(StanzaXml.Message(session.Jid!, "wherefore art thou"))));
        await session.AskAsync(session.Request(session.LastNumber + 50));

        string[] secrets =
        [
            session.Sid!,
            options.FirstRid.Value.ToString(CultureInfo.InvariantCulture)[..10],
            "r0m30",
            Convert.ToBase64String(Encoding.UTF8.GetBytes("\0juliet\0r0m30-r0m30")),
            "wherefore",
        ];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, node.Output, StringComparison.Ordinal));
        Assert.Contains("http-bind", node.Output, StringComparison.Ordinal); // the log did talk
    }
}
