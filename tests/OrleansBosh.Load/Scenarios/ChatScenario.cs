using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Scenarios;

/// <summary>
/// Pairs of sessions write numbered messages at each other, both at the same time and as fast as they are taken. Neighbours in a pair
/// start at different nodes when there are several.
/// </summary>
internal sealed class ChatScenario(LoadRun run)
{
    private readonly LatencySamples _deliveries = new();
    private readonly List<SequenceCheck> _checks = [];
    private long _received;

    public async Task<ReportTable> RunAsync(CancellationToken cancellation)
    {
        var clients = Enumerable.Range(0, 2 * run.Options.Pairs).Select(run.NewClient).ToList();
        await Task.WhenAll(clients.Select((c, i) => run.GuardAsync($"login {i}", () => run.LoginAsync(c, i, cancellation), cancellation)));

        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(clients.Chunk(2).Select((pair, i) =>
            run.GuardAsync($"pair {i}", () => RunPairAsync(pair[0], pair[1], cancellation), cancellation)));
        var time = Stopwatch.GetElapsedTime(started);
        foreach (var client in clients)
            await client.DisposeAsync();

        if (_checks.Exists(c => !c.IsClean))
            run.Problems.Enqueue("messages were lost, doubled or out of order");
        return new ReportTable()
            .Add("sessions", run.LoginTimes.Count)
            .Add("messages expected", 2L * run.Options.Pairs * run.Options.Messages)
            .Add("messages received", _checks.Sum(c => (long)c.Received))
            .Add("lost", _checks.Sum(c => (long)c.Missing))
            .Add("duplicates", _checks.Sum(c => (long)c.Duplicates))
            .Add("out of order", _checks.Sum(c => (long)c.OutOfOrder))
            .Add("not ours", _checks.Sum(c => (long)c.Foreign))
            .AddRate("rate", _received, time)
            .AddTimes("login time", run.LoginTimes)
            .AddTimes("delivery time", _deliveries);
    }

    private async Task RunPairAsync(BoshClient first, BoshClient second, CancellationToken cancellation)
    {
        if (first.Jid is null || second.Jid is null)
            return; // The failed login is reported already.
        var checks = (First: NewCheck(), Second: NewCheck());
        await Task.WhenAll(
            SendAsync(first, second.Jid, cancellation),
            SendAsync(second, first.Jid, cancellation),
            ReceiveAsync(first, second.Jid, checks.First, cancellation),
            ReceiveAsync(second, first.Jid, checks.Second, cancellation));

        // What is still under way behind the last message (duplicates) arrives before the answer to a ping, or before the end.
        await Task.WhenAll(
            CloseAsync(first, second.Jid, checks.First, cancellation),
            CloseAsync(second, first.Jid, checks.Second, cancellation));
    }

    private SequenceCheck NewCheck()
    {
        var check = new SequenceCheck(run.Options.Messages);
        lock (_checks)
            _checks.Add(check);
        return check;
    }

    private async Task SendAsync(BoshClient client, string to, CancellationToken cancellation)
    {
        await client.SendAsync(StanzaXml.Presence(), cancellation);
        for (var i = 0; i < run.Options.Messages; i++)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{i} {Stopwatch.GetTimestamp()}");
            await client.SendAsync(StanzaXml.Message(to, text), cancellation);
        }
    }

    private async Task ReceiveAsync(BoshClient client, string from, SequenceCheck check, CancellationToken cancellation)
    {
        using var progress = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        progress.CancelAfter(run.Options.Timeout);
        while (!check.IsComplete)
        {
            if (Take(await client.Stanzas.ReadAsync(progress.Token), from, check))
                progress.CancelAfter(run.Options.Timeout);
        }
    }

    private async Task CloseAsync(BoshClient client, string from, SequenceCheck check, CancellationToken cancellation)
    {
        await client.IqAsync(StanzaXml.Ping(run.Options.Domain), cancellation).WaitAsync(run.Options.Timeout, cancellation);
        await client.TerminateAsync(cancellation).WaitAsync(run.Options.Timeout, cancellation);
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
        _deliveries.Add(Stopwatch.GetElapsedTime(sent));
        Interlocked.Increment(ref _received);
        return true;
    }
}
