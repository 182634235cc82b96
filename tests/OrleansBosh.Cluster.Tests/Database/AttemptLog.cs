using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace OrleansBosh.Cluster.Tests.Database;

/// <summary>Hears what the opening of a database says about attempts that failed.</summary>
internal sealed class AttemptLog : ILogger
{
    private readonly ConcurrentQueue<string> _warnings = new();
    private readonly ConcurrentQueue<string> _pauses = new();
    private readonly TaskCompletionSource _secondFailure = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyCollection<string> Warnings => _warnings;

    /// <summary>The seconds until the next attempt, as logged.</summary>
    public IEnumerable<string> Pauses => _pauses;

    public Task SecondFailure => _secondFailure.Task;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel != LogLevel.Warning) return;
        _warnings.Enqueue(formatter(state, exception));
        var values = (IReadOnlyList<KeyValuePair<string, object?>>)state!;
        _pauses.Enqueue(((double)values.Single(value => value.Key == "Seconds").Value!).ToString("0.0", CultureInfo.InvariantCulture));
        if (_warnings.Count == 2) _secondFailure.TrySetResult();
    }
}
