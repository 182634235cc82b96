using System.Diagnostics;

namespace OrleansBosh.Load.Scenarios;

/// <summary>Every session logs in, waits for all the others, and logs out.</summary>
internal static class LoginScenario
{
    public static async Task<ReportTable> RunAsync(LoadRun run, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var clients = Enumerable.Range(0, run.Options.Sessions).Select(run.NewClient).ToList();
        await Task.WhenAll(clients.Select((c, i) => run.GuardAsync($"login {i}", () => run.LoginAsync(c, i, cancellation), cancellation)));
        var time = Stopwatch.GetElapsedTime(started);
        await Task.WhenAll(clients.Select((c, i) => run.GuardAsync(
            $"logout {i}", () => c.TerminateAsync(cancellation).WaitAsync(run.Options.Timeout, cancellation), cancellation)));
        foreach (var client in clients)
            await client.DisposeAsync();
        return new ReportTable()
            .Add("sessions", run.LoginTimes.Count)
            .AddRate("logins", run.LoginTimes.Count, time)
            .AddTimes("login time", run.LoginTimes);
    }
}
