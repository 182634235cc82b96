using System.Diagnostics;

namespace OrleansBosh.Load.Scenarios;

/// <summary>Pairs that chat (<see cref="MessageExchange"/>); neighbours in a pair start at different nodes when there are several.</summary>
internal static class ChatScenario
{
    public static async Task<ReportTable> RunAsync(LoadRun run, CancellationToken cancellation)
    {
        var clients = Enumerable.Range(0, 2 * run.Options.Pairs).Select(run.NewClient).ToList();
        await Task.WhenAll(clients.Select((c, i) => run.GuardAsync($"login {i}", () => run.LoginAsync(c, i, cancellation), cancellation)));

        var exchange = new MessageExchange(run.Options.Domain, run.Options.Messages, run.Options.Timeout);
        var started = Stopwatch.GetTimestamp();
        // A pair with a failed login is left out; the failure is reported already.
        var pairs = clients.Chunk(2).Where(pair => Array.TrueForAll(pair, client => client.Jid is not null));
        await Task.WhenAll(pairs.Select((p, i) => run.GuardAsync($"pair {i}", () => exchange.RunPairAsync(p[0], p[1], cancellation), cancellation)));
        var time = Stopwatch.GetElapsedTime(started);
        foreach (var client in clients)
            await client.DisposeAsync();

        var checks = exchange.Checks;
        if (checks.Any(c => !c.IsClean))
            run.Problems.Enqueue("messages were lost, doubled or out of order");
        return new ReportTable()
            .Add("sessions", run.LoginTimes.Count)
            .Add("messages expected", 2L * run.Options.Pairs * run.Options.Messages)
            .Add("messages received", checks.Sum(c => (long)c.Received))
            .Add("lost", checks.Sum(c => (long)c.Missing))
            .Add("duplicates", checks.Sum(c => (long)c.Duplicates))
            .Add("out of order", checks.Sum(c => (long)c.OutOfOrder))
            .Add("not ours", checks.Sum(c => (long)c.Foreign))
            .AddRate("rate", exchange.Deliveries.Count, time)
            .AddTimes("login time", run.LoginTimes)
            .AddTimes("delivery time", exchange.Deliveries);
    }
}
