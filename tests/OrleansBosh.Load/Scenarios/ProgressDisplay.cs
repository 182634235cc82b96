using System.Diagnostics;
using System.Globalization;

namespace OrleansBosh.Load.Scenarios;

/// <summary>Says on the error stream how far a run is: every second on a terminal, in one line; every ten seconds elsewhere.</summary>
internal sealed class ProgressDisplay : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _showing;
    private readonly LoadRun _run;
    private Phase _phase = new("starting", static () => 0);

    public ProgressDisplay(LoadRun run)
    {
        _run = run;
        _showing = run.Options.IsQuiet ? Task.CompletedTask : ShowAsync();
    }

    /// <summary>A new part of the run begins.</summary>
    /// <param name="name">What is being done.</param>
    /// <param name="count">How often it has been done so far.</param>
    public void Begin(string name, Func<long> count) => Volatile.Write(ref _phase, new(name, count));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _showing;
        _end.Dispose();
    }

    private async Task ShowAsync()
    {
        var isTerminal = !Console.IsErrorRedirected;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(isTerminal ? 1 : 10));
        var (phase, before, since) = (_phase, 0L, Stopwatch.GetTimestamp());
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
            {
                var current = Volatile.Read(ref _phase);
                if (current != phase) (phase, before) = (current, 0);
                var (count, now) = (phase.Count(), Stopwatch.GetTimestamp());
                Write(phase, count, (count - before) / Stopwatch.GetElapsedTime(since, now).TotalSeconds, isTerminal);
                (before, since) = (count, now);
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            if (isTerminal) Console.Error.Write("\r\e[K");
        }
    }

    private void Write(Phase phase, long count, double rate, bool isTerminal)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Stopwatch.GetElapsedTime(phase.Started).TotalSeconds,5:F0} s  {phase.Name}: {count:N0}, {rate:N0}/s{(_run.Problems.IsEmpty ? "" : $", {_run.Problems.Count:N0} problems")}");
        if (isTerminal) Console.Error.Write($"\r\e[K{text}");
        else Console.Error.WriteLine(text);
    }

    private sealed record Phase(string Name, Func<long> Count)
    {
        public long Started { get; } = Stopwatch.GetTimestamp();
    }
}
