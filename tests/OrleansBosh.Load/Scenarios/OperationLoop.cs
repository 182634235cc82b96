using System.Diagnostics;
using System.Threading.Channels;
using OrleansBosh.Load.Live;

namespace OrleansBosh.Load.Scenarios;

/// <summary>Lets the actors of a scenario do their operations: each one after the other (closed loop), or when they are due (fixed rate).</summary>
/// <param name="run">The run that it belongs to.</param>
/// <param name="scenario">What an operation is.</param>
/// <param name="duration">After this long no further operation begins; null: <c>--operations</c> of each actor.</param>
internal sealed class OperationLoop(LoadRun run, IScenario scenario, TimeSpan? duration)
{
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>Of the operations that succeeded, from the moment when they were due.</summary>
    public LatencySamples Latencies { get; } = new();

    /// <summary>Ends with the last operation that began in time.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (scenario.Actors is not { } actors)
            await Task.Delay(duration ?? TimeSpan.FromMinutes(1), cancellation);
        else if (run.Options.Rate is { } rate && actors > 0)
            await RunAtRateAsync(actors, rate, cancellation);
        else
            await Task.WhenAll(Enumerable.Range(0, actors).Select(actor => RunClosedAsync(actor, cancellation)));
    }

    private async Task RunClosedAsync(int actor, CancellationToken cancellation)
    {
        // Not all of the first operations begin on one thread.
        await Task.Yield();
        for (var i = 0; duration is null ? i < run.Options.Operations : Stopwatch.GetElapsedTime(_started) < duration; i++)
        {
            if (!await TryOperateAsync(actor, Stopwatch.GetTimestamp(), cancellation)) return;
        }
    }

    private async Task RunAtRateAsync(int actorCount, int rate, CancellationToken cancellation)
    {
        // The pacing thread goes on into the operation until that first waits: a hand-over between threads would add to the latency.
        var dues = Enumerable.Range(0, actorCount)
            .Select(_ => Channel.CreateUnbounded<long>(new() { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = true }))
            .ToArray();
        var actors = dues.Index().Select(due => RunDueAsync(due.Index, due.Item.Reader, cancellation)).ToArray();
        var count = duration is { } time ? (long)(time.TotalSeconds * rate) : (long)run.Options.Operations * actorCount;
        await Task.Factory.StartNew(
            () => Pacer.Run(rate, count, (n, due) => dues[n % dues.Length].Writer.TryWrite(due), cancellation),
            cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        foreach (var due in dues) due.Writer.Complete();
        await Task.WhenAll(actors);
    }

    private async Task RunDueAsync(int actor, ChannelReader<long> dues, CancellationToken cancellation)
    {
        var isAlive = true;
        await foreach (var due in dues.ReadAllAsync(cancellation))
        {
            // What was due of an actor that gave up has failed as well.
            if (isAlive) isAlive = await TryOperateAsync(actor, due, cancellation);
            else run.Checks.AddFailed();
        }
    }

    private async Task<bool> TryOperateAsync(int actor, long due, CancellationToken cancellation)
    {
        if (!await run.TryAsync(() => scenario.OperateAsync(actor, cancellation), cancellation)) return false;
        Latencies.AddSince(due);
        return true;
    }
}
