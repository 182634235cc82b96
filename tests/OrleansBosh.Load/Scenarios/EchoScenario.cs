using System.Diagnostics;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Scenarios;

/// <summary>Every session pings the domain, one iq after the other.</summary>
internal static class EchoScenario
{
    public static async Task<ReportTable> RunAsync(LoadRun run, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, run.Options.Sessions)
            .Select(i => run.GuardAsync($"session {i}", () => RunSessionAsync(run, i, cancellation), cancellation)));
        return new ReportTable()
            .Add("sessions", run.LoginTimes.Count)
            .Add("answers", run.Metrics.IqTimes.Count)
            .AddRate("rate", run.Metrics.IqTimes.Count, Stopwatch.GetElapsedTime(started))
            .AddTimes("round trip", run.Metrics.IqTimes);
    }

    private static async Task RunSessionAsync(LoadRun run, int index, CancellationToken cancellation)
    {
        await using var client = run.NewClient(index);
        await run.LoginAsync(client, index, cancellation);
        for (var i = 0; i < run.Options.Messages; i++)
        {
            var reply = await client.IqAsync(StanzaXml.Ping(run.Options.Domain), cancellation).WaitAsync(run.Options.Timeout, cancellation);
            if (StanzaXml.ErrorCondition(reply) is { } condition)
                throw new BoshProtocolException($"The domain answered a ping with {condition}.");
        }

        await client.TerminateAsync(cancellation).WaitAsync(run.Options.Timeout, cancellation);
    }
}
