namespace OrleansBosh.Cluster.Embedded;

/// <summary>Bounds how many accounts one client address may ask for at this node: each costs a key derivation and a row for ever.</summary>
internal sealed class RegistrationRate(TimeProvider time)
{
    public const int MaxPerWindow = 20;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    public const int MaxAddresses = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (DateTimeOffset Start, int Count)> _byAddress = new(StringComparer.Ordinal);

    /// <summary>Counts an attempt. False when there were too many.</summary>
    public bool TryTake(string address)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var (start, count) = _byAddress.GetValueOrDefault(address, (now, 0));
            if (now - start >= Window) (start, count) = (now, 0);
            if (count >= MaxPerWindow) return false;
            if (_byAddress.Count >= MaxAddresses) RemoveOld(now);
            if (_byAddress.Count >= MaxAddresses && !_byAddress.ContainsKey(address)) return false;
            _byAddress[address] = (start, count + 1);
            return true;
        }
    }

    private void RemoveOld(DateTimeOffset now)
    {
        foreach (var (address, entry) in _byAddress)
        {
            if (now - entry.Start >= Window) _byAddress.Remove(address);
        }
    }
}
