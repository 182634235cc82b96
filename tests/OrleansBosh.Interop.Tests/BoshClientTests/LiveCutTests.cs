using System.Globalization;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Scenarios;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

public sealed class LiveCutTests : LiveClientTestBase
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Nothing_is_lost_doubled_or_disordered_when_connections_break_at_random(int seed)
    {
        const int Messages = 300;
        var node = new EchoNode(Server, Messages);
        _ = node.RunAsync();
        var client = NewClient(o => o with { CutShare = 0.3, Seed = seed, MaxBatch = 4 });
        await client.LoginAsync(BoshLogin.Anonymous(), Server.Limit);

        var echoed = new SequenceCheck(Messages);
        var sending = SendAsync(client, Messages);
        while (!echoed.IsComplete)
            echoed.Add(int.Parse((await client.Stanzas.ReadAsync(Server.Limit)).Value, CultureInfo.InvariantCulture));
        await sending;
        var end = await client.TerminateAsync(Server.Limit);

        Assert.True(node.Arrived.IsClean);
        Assert.True(echoed.IsClean);
        Assert.Equal(BoshEndKind.Closed, end.Kind);
        Assert.False(client.Stanzas.TryRead(out _));
        Assert.True(client.Metrics.Repeats > 0);
        Assert.True(node.Replays > 0);
    }

    private async Task SendAsync(BoshClient client, int messages)
    {
        for (var i = 0; i < messages; i++)
            await client.SendAsync(StanzaXml.Message("echo@localhost", i.ToString(CultureInfo.InvariantCulture)), Server.Limit);
    }
}
