using OrleansBosh.Cluster.Embedded;

namespace OrleansBosh.Cluster.Users;

/// <summary>The lease of one session: renewed by one call at a time.</summary>
/// <param name="binding">Whose lease it is.</param>
/// <param name="renew">Makes the call; does not throw.</param>
internal sealed class ResourceLease(ClientBinding binding, Func<ResourceLease, Task> renew)
{
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private bool _isRunning;
    private bool _isWanted;
    private bool _hasEnded;
    private long _due;

    public ClientBinding Binding { get; } = binding;

    public DateTimeOffset Due
    {
        get => new(Volatile.Read(ref _due), TimeSpan.Zero);
        set => Volatile.Write(ref _due, value.UtcTicks);
    }

    /// <summary>Renews, and once more if it was running already: that call may have been answered by a grain that has died since.</summary>
    public Task RenewAsync()
    {
        lock (_lock)
        {
            _isWanted = true;
            if (_isRunning) return _running;
            _isRunning = true;
            return _running = RunAsync();
        }
    }

    /// <summary>No renewal begins any more; completes when none is running.</summary>
    public Task EndAsync()
    {
        lock (_lock)
        {
            _hasEnded = true;
            return _running;
        }
    }

    private async Task RunAsync()
    {
        while (Take()) await renew(this);
    }

    private bool Take()
    {
        lock (_lock)
        {
            _isRunning = _isWanted && !_hasEnded;
            _isWanted = false;
            return _isRunning;
        }
    }
}
