namespace OrleansBosh.Cluster.Limits;

/// <summary>
/// A bounded table of token buckets. When it is full, the address that was silent for longest is forgotten, so a stranger always finds a
/// place: whoever fills the table with many addresses has gained no more than those addresses' own counts.
/// </summary>
internal sealed class AddressTable(int capacity)
{
    /// <summary>More than one, so that after a flood the table shrinks with ordinary traffic.</summary>
    private const int MaxForgottenPerCall = 2;

    private readonly Lock _lock = new();
    private readonly Dictionary<AddressNetwork, LinkedListNode<Bucket>> _byNetwork = [];

    /// <summary>The longest silent first.</summary>
    private readonly LinkedList<Bucket> _bySilence = new();

    public int Count
    {
        get
        {
            lock (_lock) return _byNetwork.Count;
        }
    }

    public bool TryTake(AddressNetwork network, AddressLimit limit, long now)
    {
        lock (_lock)
        {
            if (_byNetwork.TryGetValue(network, out var node))
            {
                _bySilence.Remove(node);
            }
            else
            {
                if (_byNetwork.Count >= capacity) ForgetLongestSilent();
                node = new(new(network, now));
                _byNetwork.Add(network, node);
            }

            _bySilence.AddLast(node);
            ForgetRefilled(limit, now);
            return node.Value.TryTake(limit, now);
        }
    }

    /// <summary>After a whole window of silence a bucket is full again, as if it were new: nothing is lost with it.</summary>
    private void ForgetRefilled(AddressLimit limit, long now)
    {
        for (var i = 0; i < MaxForgottenPerCall && now - _bySilence.First!.Value.LastSeen >= limit.Window.Ticks; i++)
        {
            // The last one is the caller's own.
            if (_bySilence.Count == 1) return;
            ForgetLongestSilent();
        }
    }

    private void ForgetLongestSilent()
    {
        _byNetwork.Remove(_bySilence.First!.Value.Network);
        _bySilence.RemoveFirst();
    }

    /// <summary>
    /// A token bucket, reckoned in what is missing. One use is missing for <c>Window / Count</c>; to stay exact in whole numbers all is
    /// multiplied by <c>Count</c>, which the bounds of <see cref="AddressLimit"/> keep far from overflow.
    /// </summary>
    private sealed class Bucket(AddressNetwork network, long now)
    {
        private long _missing;

        public AddressNetwork Network { get; } = network;

        public long LastSeen { get; private set; } = now;

        public bool TryTake(AddressLimit limit, long now)
        {
            var window = limit.Window.Ticks;
            // Two callers may read the clock in one order and come here in the other.
            var elapsed = Math.Clamp(now - LastSeen, 0, window);
            LastSeen = Math.Max(LastSeen, now);
            _missing = Math.Max(0, _missing - (elapsed * limit.Count));
            if (_missing + window > window * limit.Count) return false;
            _missing += window;
            return true;
        }
    }
}
