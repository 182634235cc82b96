using System.Diagnostics;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>
/// Pairs whose ends write at each other at the same moment, round after round; the next round begins when both messages have arrived, so
/// a time is that of one message, without a queue. Each round expects exactly its message: one lost, doubled or out of order fails it.
/// </summary>
internal sealed class PairRounds
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stop = new();

    /// <summary>From the moment a message is handed to its sender to that of its arrival.</summary>
    public LatencySamples Deliveries { get; } = new();

    /// <summary>Ends the rounds; those under way are finished.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Runs so many rounds, or until it is stopped.</summary>
    public Task RunAsync(IEnumerable<(BoshClient First, BoshClient Second)> pairs, int rounds = int.MaxValue, TimeSpan pause = default) =>
        Task.WhenAll(pairs.Select(pair => RunPairAsync(pair.First, pair.Second, rounds, pause)));

    private async Task RunPairAsync(BoshClient first, BoshClient second, int rounds, TimeSpan pause)
    {
        for (var round = 0; round < rounds && !_stop.IsCancellationRequested; round++)
        {
            await Task.WhenAll(SendAsync(first, second, round), SendAsync(second, first, round));
            await Task.Delay(pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // A doubled one of the last round comes before the answer to a ping.
        foreach (var client in new[] { first, second })
        {
            await client.IqAsync(StanzaXml.Ping(ClusterTest.Domain)).WaitAsync(Patience);
            while (client.Stanzas.TryRead(out var stanza)) Assert.NotEqual("message", stanza.Name.LocalName);
        }
    }

    private async Task SendAsync(BoshClient from, BoshClient to, int round)
    {
        using var patience = new CancellationTokenSource(Patience);
        var sent = Stopwatch.GetTimestamp();
        await from.SendAsync(StanzaXml.Message(to.Jid!, $"{round}"), patience.Token);
        XElement stanza;
        try
        {
            do stanza = await to.Stanzas.ReadAsync(patience.Token);
            while (stanza.Name.LocalName != "message");
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Message {round} from {from.Jid} at {from.Node} to {to.Jid} at {to.Node} has not arrived within {Patience}.");
        }

        Deliveries.Add(Stopwatch.GetElapsedTime(sent));
        Assert.Equal((from.Jid, $"{round}"), (stanza.Attribute("from")?.Value, stanza.Element(BoshNames.Client + "body")?.Value));
    }
}
