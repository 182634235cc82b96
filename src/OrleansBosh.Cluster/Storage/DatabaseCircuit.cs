using Microsoft.Extensions.Logging;

namespace OrleansBosh.Cluster.Storage;

/// <summary>
/// A circuit breaker for a database that hangs: frozen, or behind a network that swallows packets. Whoever calls it waits for the whole time
/// limit, in a grain's turn, with others behind; so after the first that has waited in vain all are refused at once. Whether the database
/// answers again is tried in the background, so that no caller has to be the one who waits for that.
/// </summary>
/// <remarks>
/// Not Polly's: it opens after a share of failures, of at least two calls, and lets a caller be the probe. This one opens after one failure
/// that took long, unless the database has answered anybody meanwhile. A failure that comes quickly, such as a refused connection, keeps
/// nobody waiting, and so it does not open: the first call after a restart of the server succeeds.
/// </remarks>
internal sealed partial class DatabaseCircuit : IAsyncDisposable
{
    private static readonly TimeSpan ProbePause = TimeSpan.FromSeconds(1);

    private readonly string _location;
    private readonly Func<CancellationToken, Task> _probe;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private long _answeredAt;
    private bool _isOpen;
    private Task _probing = Task.CompletedTask;

    /// <param name="location">The database, for messages.</param>
    /// <param name="probe">Asks the database something. Whatever it throws means that there is no answer yet.</param>
    /// <param name="limit">How long a caller waits at most, and a probe.</param>
    /// <param name="time">Tells what took long, and when to probe.</param>
    /// <param name="logger">Hears when it opens and closes.</param>
    public DatabaseCircuit(string location, Func<CancellationToken, Task> probe, TimeSpan limit, TimeProvider time, ILogger logger)
    {
        _location = location;
        _probe = probe;
        _limit = limit;
        _time = time;
        _logger = logger;
        _answeredAt = time.GetTimestamp();
    }

    /// <summary>Before each call.</summary>
    /// <returns>When it begins, for <see cref="Fail"/>.</returns>
    /// <exception cref="StorageException">It need not be tried.</exception>
    public long Begin()
    {
        lock (_lock)
        {
            if (_isOpen) throw new StorageException($"{_location}: it has stopped answering.");
            return _time.GetTimestamp();
        }
    }

    /// <summary>The database has answered, and be it by a refusal.</summary>
    public void Answer()
    {
        lock (_lock) _answeredAt = _time.GetTimestamp();
    }

    /// <summary>A call has got no answer.</summary>
    public void Fail(long begin)
    {
        // One that waited for the lock of an owner, while the database served others, says nothing about the database.
        lock (_lock)
        {
            var isQuick = _time.GetElapsedTime(begin) < _limit / 5;
            if (isQuick || _isOpen || _answeredAt > begin || _closing.IsCancellationRequested) return;
            _isOpen = true;
            _probing = Task.Run(ProbeAsync);
        }

        LogOpened(_location);
    }

    public async ValueTask DisposeAsync()
    {
        // Not within the lock: whoever hears of it may call here. A failure that comes behind it probes no more.
        await _closing.CancelAsync();
        Task probing;
        lock (_lock) probing = _probing;
        await probing;
    }

    private async Task ProbeAsync()
    {
        do await Task.Delay(ProbePause, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!_closing.IsCancellationRequested && !await AnswersAsync());
        if (_closing.IsCancellationRequested) return;
        lock (_lock)
        {
            _isOpen = false;
            _answeredAt = _time.GetTimestamp();
        }

        LogClosed(_location);
    }

    private async Task<bool> AnswersAsync()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        deadline.CancelAfter(_limit);
        try
        {
            await _probe(deadline.Token);
            return true;
        }
        catch (Exception exception)
        {
            // Not only a DbException: whatever ended the asking would leave this open until the node restarts.
            LogStillOpen(exception, _location);
            return false;
        }
    }

    [LoggerMessage(EventId = 421, Level = LogLevel.Error, Message = "{Location} has stopped answering; what needs it is refused at once until it answers again")]
    private partial void LogOpened(string location);

    [LoggerMessage(EventId = 422, Level = LogLevel.Information, Message = "{Location} answers again")]
    private partial void LogClosed(string location);

    [LoggerMessage(EventId = 423, Level = LogLevel.Debug, Message = "{Location} does not answer yet")]
    private partial void LogStillOpen(Exception exception, string location);
}
