using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Scenarios;

/// <summary>
/// Pairs of sessions write numbered messages at each other, both at the same time and as fast as they are taken; what arrives is checked
/// for loss, repeats and order. One object serves any number of pairs.
/// </summary>
/// <param name="domain">The domain that is pinged at the end.</param>
/// <param name="messages">Messages from each session.</param>
/// <param name="patience">A session that receives nothing for this long has lost something.</param>
public sealed class MessageExchange(string domain, int messages, TimeSpan patience)
{
    private readonly List<SequenceCheck> _checks = [];

    /// <summary>One for each session.</summary>
    public IReadOnlyList<SequenceCheck> Checks => _checks;

    /// <summary>From the moment a message is handed to its sender to that of its arrival.</summary>
    public LatencySamples Deliveries { get; } = new();

    /// <summary>Runs one pair to its end; both sessions are logged in, and are terminated afterwards.</summary>
    public async Task RunPairAsync(BoshClient first, BoshClient second, CancellationToken cancellation = default)
    {
        if (first.Jid is null || second.Jid is null)
            throw new InvalidOperationException("Both sessions must be logged in.");
        var checks = (First: NewCheck(), Second: NewCheck());
        await Task.WhenAll(
            SendAsync(first, second.Jid, cancellation),
            SendAsync(second, first.Jid, cancellation),
            ReceiveAsync(first, second.Jid, checks.First, cancellation),
            ReceiveAsync(second, first.Jid, checks.Second, cancellation));

        // What is still under way behind the last message (duplicates) arrives before the answer to a ping, or before the end.
        await Task.WhenAll(CloseAsync(first, second.Jid, checks.First, cancellation), CloseAsync(second, first.Jid, checks.Second, cancellation));
    }

    private SequenceCheck NewCheck()
    {
        var check = new SequenceCheck(messages);
        lock (_checks)
            _checks.Add(check);
        return check;
    }

    private async Task SendAsync(BoshClient client, string to, CancellationToken cancellation)
    {
        await client.SendAsync(StanzaXml.Presence(), cancellation);
        for (var i = 0; i < messages; i++)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{i} {Stopwatch.GetTimestamp()}");
            await client.SendAsync(StanzaXml.Message(to, text), cancellation);
        }
    }

    private async Task ReceiveAsync(BoshClient client, string from, SequenceCheck check, CancellationToken cancellation)
    {
        using var progress = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        progress.CancelAfter(patience);
        while (!check.IsComplete)
        {
            if (Take(await client.Stanzas.ReadAsync(progress.Token), from, check))
                progress.CancelAfter(patience);
        }
    }

    private async Task CloseAsync(BoshClient client, string from, SequenceCheck check, CancellationToken cancellation)
    {
        await client.IqAsync(StanzaXml.Ping(domain), cancellation).WaitAsync(patience, cancellation);
        await client.TerminateAsync(cancellation).WaitAsync(patience, cancellation);
        await foreach (var stanza in client.Stanzas.ReadAllAsync(cancellation))
            Take(stanza, from, check);
    }

    private bool Take(XElement stanza, string from, SequenceCheck check)
    {
        if (stanza.Name != BoshNames.Client + "message" || stanza.Attribute("from")?.Value != from)
            return false;
        var words = stanza.Element(BoshNames.Client + "body")?.Value.Split(' ') ?? [];
        if (stanza.Attribute("type")?.Value == "error"
            || words.Length != 2 || !int.TryParse(words[0], out var number) || !long.TryParse(words[1], out var sent))
        {
            // Mostly one of our own messages that came back as an error.
            check.AddForeign();
            return false;
        }

        check.Add(number);
        Deliveries.Add(Stopwatch.GetElapsedTime(sent));
        return true;
    }
}
