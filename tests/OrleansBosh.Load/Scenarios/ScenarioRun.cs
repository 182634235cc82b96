using System.Globalization;
using OrleansBosh.Load.Measure;

namespace OrleansBosh.Load.Scenarios;

/// <summary>One run of a scenario: prepare, warm up, measure, finish.</summary>
internal sealed class ScenarioRun(LoadRun run)
{
    private LoadOptions Options => run.Options;

    public async Task<LoadReport> RunAsync(CancellationToken cancellation)
    {
        CheckFiles();
        var servers = Servers();
        await using var progress = new ProgressDisplay(run);
        await using var scenario = NewScenario();
        var before = servers?.Invoke();
        progress.Begin("logins", () => run.LoginTimes.Count);
        await scenario.PrepareAsync(cancellation);
        if (Options.Warmup > TimeSpan.Zero) await OperateAsync("warm-up", scenario, Options.Warmup, progress, cancellation);

        var meter = new UsageMeter(servers);
        var loop = await OperateAsync(Options.Scenario, scenario, Options.Duration, progress, cancellation);
        var usage = meter.Read();
        progress.Begin("closing", () => run.Checks.Failed + run.Checks.LostSessions);
        await scenario.FinishAsync(cancellation);

        var (operations, sessions) = (loop.Latencies.Count, Sessions());
        return new()
        {
            Scenario = Options.Scenario,
            Urls = Options.Urls,
            Sessions = sessions,
            TargetRate = Options.Rate,
            Seconds = usage.Time.TotalSeconds,
            Operations = operations,
            Latency = LatencyReport.Of(loop.Latencies),
            LoginTime = LatencyReport.Of(run.LoginTimes),
            Server = ServerReport.Of(usage, before, operations, sessions),
            Client = ClientReport.Of(usage, run.Metrics, operations),
            Checks = run.Checks,
            Seed = Options.Seed,
        };
    }

    private async Task<OperationLoop> OperateAsync(
        string phase, IScenario scenario, TimeSpan? duration, ProgressDisplay progress, CancellationToken cancellation)
    {
        var loop = new OperationLoop(run, scenario, duration);
        progress.Begin(phase, () => loop.Latencies.Count);
        await loop.RunAsync(cancellation);
        return loop;
    }

    private int Sessions() => Options.Scenario == "chat" ? 2 * Options.Pairs : Options.Sessions;

    private IScenario NewScenario() => Options.Scenario switch
    {
        "login" => new LoginScenario(run),
        "login-roster" => new LoginRosterScenario(run),
        "idle" => new IdleScenario(run),
        "echo" => new EchoScenario(run),
        "chat" => new ChatScenario(run),
        "churn" => new ChurnScenario(run),
        "post" => new PostScenario(run),
        _ => throw new InvalidOperationException($"'{Options.Scenario}' is not a scenario."),
    };

    private Func<ProcessUsage>? Servers()
    {
        if (Options.ServerProcesses.Count == 0 || !OperatingSystem.IsLinux()) return null;
        return new ProcessTree(Options.ServerProcesses).Read;
    }

    /// <summary>A run that breaks in the middle for want of file handles looks as if the server had failed.</summary>
    private void CheckFiles()
    {
        const string limits = "/proc/self/limits";
        const string name = "Max open files";
        if (!File.Exists(limits)) return;
        var line = File.ReadLines(limits).First(line => line.StartsWith(name, StringComparison.Ordinal));
        var soft = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        // Of the scenarios that wait most sessions have one connection, until they send while a request is held.
        var needed = Sessions() * (Options.Scenario == "idle" ? 1 : Options.Connections) + 100L;
        if (long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit < needed)
            throw new InvalidOperationException($"This needs {needed:N0} open files, and {limit:N0} are allowed (ulimit -n).");
    }
}
