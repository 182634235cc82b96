using System.Diagnostics;

namespace OrleansBosh.Load.Measure;

/// <summary>What the servers and this program spend between two moments.</summary>
internal sealed class UsageMeter
{
    private readonly Func<ProcessUsage>? _servers;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly ProcessUsage? _serversBefore;
    private readonly TimeSpan _ownBefore;

    /// <param name="servers">Reads their usage; null where the server's processes are not known.</param>
    public UsageMeter(Func<ProcessUsage>? servers)
    {
        _servers = servers;
        _serversBefore = servers?.Invoke();
        _ownBefore = Environment.CpuUsage.TotalTime;
    }

    public Usage Read()
    {
        var own = Environment.CpuUsage.TotalTime - _ownBefore;
        var now = _servers?.Invoke();
        return new(Stopwatch.GetElapsedTime(_started), own, Environment.WorkingSet, now?.Cpu - _serversBefore?.Cpu, now?.ResidentBytes);
    }
}

/// <param name="Time">That passed.</param>
/// <param name="OwnCpu">User and system time of this program.</param>
/// <param name="OwnBytes">Resident memory of this program at the end.</param>
/// <param name="ServerCpu">User and system time of the servers, if their processes are known.</param>
/// <param name="ServerBytes">Resident memory of the servers at the end.</param>
internal sealed record Usage(TimeSpan Time, TimeSpan OwnCpu, long OwnBytes, TimeSpan? ServerCpu, long? ServerBytes);
