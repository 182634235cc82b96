using OrleansBosh.Load.Live;
using OrleansBosh.Load.Measure;

namespace OrleansBosh.Load.Scenarios;

/// <summary>The figures of one run, as <c>--json</c> writes them. Times of the measurement only, without preparation and warm-up.</summary>
internal sealed record LoadReport
{
    public required string Scenario { get; init; }
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>That are logged in during the measurement, or at most at the same time.</summary>
    public required int Sessions { get; init; }

    /// <summary>Operations per second that were asked for; null: as many as there come.</summary>
    public required int? TargetRate { get; init; }

    public required double Seconds { get; init; }
    public required long Operations { get; init; }
    public double Rate => Operations / Math.Max(Seconds, 0.001);
    public required LatencyReport Latency { get; init; }
    public required LatencyReport LoginTime { get; init; }

    /// <summary>Null where no process id was given.</summary>
    public required ServerReport? Server { get; init; }

    public required ClientReport Client { get; init; }
    public required Verification Checks { get; init; }
    public required int Seed { get; init; }
}

/// <summary>Milliseconds.</summary>
internal sealed record LatencyReport(double Mean, double P50, double P90, double P99, double P999, double Max)
{
    public static LatencyReport Of(LatencySamples samples) => new(
        samples.Mean.TotalMilliseconds,
        samples.Percentile(0.5).TotalMilliseconds,
        samples.Percentile(0.9).TotalMilliseconds,
        samples.Percentile(0.99).TotalMilliseconds,
        samples.Percentile(0.999).TotalMilliseconds,
        samples.Max.TotalMilliseconds);
}

/// <summary>What the server's processes and their children used.</summary>
/// <param name="CpuSeconds">User and system time.</param>
/// <param name="ResidentBytes">At the end of the measurement.</param>
/// <param name="CpuMicrosecondsPerOperation">Null without operations.</param>
/// <param name="CpuMillisecondsPerSessionAndMinute">Of sessions that only wait; null otherwise.</param>
/// <param name="ResidentBytesPerSession">Of sessions that only wait: what came on top of the memory before the first of them.</param>
internal sealed record ServerReport(
    double CpuSeconds, long ResidentBytes, double? CpuMicrosecondsPerOperation, double? CpuMillisecondsPerSessionAndMinute, long? ResidentBytesPerSession)
{
    public static ServerReport? Of(Usage usage, ProcessUsage? before, long operations, int sessions)
    {
        if (usage is not { ServerCpu: { } cpu, ServerBytes: { } bytes } || before is not { } start) return null;
        return operations > 0
            ? new(cpu.TotalSeconds, bytes, cpu.TotalMicroseconds / operations, null, null)
            : new(cpu.TotalSeconds, bytes, null, cpu.TotalMilliseconds / sessions / usage.Time.TotalMinutes, (bytes - start.ResidentBytes) / sessions);
    }
}

/// <summary>What this program used and did: with a core of its own or without, it must not be the one that is measured.</summary>
internal sealed record ClientReport(
    double CpuSeconds, double? CpuMicrosecondsPerOperation, long ResidentBytes, long Requests, long Repeats, long Connections, long BytesSent, long BytesReceived,
    long ChunkedAnswers, IReadOnlyCollection<string> Hosts)
{
    /// <param name="usage">During the measurement.</param>
    /// <param name="metrics">Of the whole run.</param>
    /// <param name="operations">Of the measurement.</param>
    public static ClientReport Of(Usage usage, ClientMetrics metrics, long operations) => new(
        usage.OwnCpu.TotalSeconds,
        operations == 0 ? null : usage.OwnCpu.TotalMicroseconds / operations,
        usage.OwnBytes,
        metrics.Requests,
        metrics.Repeats,
        metrics.Connections,
        metrics.BytesSent,
        metrics.BytesReceived,
        metrics.ChunkedAnswers,
        [.. metrics.Hosts.Order(StringComparer.Ordinal)]);
}
