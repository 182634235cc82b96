using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Sasl;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>The three stores in memory, shared by all silos of a test, with a switch that breaks them.</summary>
internal sealed class MemoryStores : IAccountStore, IRosterStore, IOfflineStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ScramCredentials> _accounts = [];
    private readonly Dictionary<string, Dictionary<string, StoredRosterItem>> _items = [];
    private readonly Dictionary<string, Dictionary<string, Stanza>> _requests = [];
    private readonly Dictionary<string, long> _versions = [];
    private readonly Dictionary<string, List<(long Id, Stanza Message)>> _messages = [];
    private readonly HashSet<string> _broken = [];
    private readonly HashSet<string> _crashing = [];
    private readonly Dictionary<string, Hold> _holds = [];
    private readonly Dictionary<string, int> _calls = [];
    private long _lastId;

    /// <summary>Everything about this user fails from now on, or works again.</summary>
    public void Break(string bareJid, bool isBroken)
    {
        lock (_lock)
        {
            if (isBroken) _broken.Add(bareJid);
            else _broken.Remove(bareJid);
        }
    }

    /// <summary>Messages of this user that were delivered cannot be removed from now on, or can again.</summary>
    public void BreakRemoval(string bareJid, bool isBroken) => Break(Removal(bareJid), isBroken);

    /// <summary>The next access to this user's data hits a bug.</summary>
    public void CrashOnce(string bareJid)
    {
        lock (_lock) _crashing.Add(bareJid);
    }

    /// <summary>The next reading of messages for this user hits a bug.</summary>
    public void CrashReadingOnce(string bareJid) => CrashOnce(Reading(bareJid));

    /// <summary>The next removal of messages that this user was given hits a bug.</summary>
    public void CrashRemovalOnce(string bareJid) => CrashOnce(Removal(bareJid));

    /// <summary>Removals of messages that this user was given take until the test says so.</summary>
    public Hold HoldRemoval(string bareJid)
    {
        var hold = new Hold();
        lock (_lock) _holds[Removal(bareJid)] = hold;
        return hold;
    }

    /// <summary>How often anything about this user has been asked or written so far.</summary>
    public int CountCalls(string bareJid)
    {
        lock (_lock) return _calls.GetValueOrDefault(bareJid);
    }

    public int CountOffline(string bareJid)
    {
        lock (_lock) return MessagesOf(bareJid).Count;
    }

    public ValueTask<ScramCredentials?> FindAsync(string domain, string local) =>
        Do($"{local}@{domain}", key => _accounts.GetValueOrDefault(key));

    public ValueTask<bool> AddAsync(string domain, string local, ScramCredentials credentials) =>
        Do($"{local}@{domain}", key => _accounts.TryAdd(key, credentials));

    public ValueTask<bool> SetCredentialsAsync(string domain, string local, ScramCredentials credentials) => Do($"{local}@{domain}", key =>
    {
        if (!_accounts.ContainsKey(key)) return false;
        _accounts[key] = credentials;
        return true;
    });

    public ValueTask<bool> RemoveAsync(string domain, string local) => Do($"{local}@{domain}", key =>
    {
        _items.Remove(key);
        _requests.Remove(key);
        _messages.Remove(key);
        return _accounts.Remove(key);
    });

    public ValueTask<IReadOnlyList<string>> ListAsync(string domain) =>
        Do<IReadOnlyList<string>>("", _ => [.. _accounts.Keys.Select(jid => jid.Split('@')[0]).Order(StringComparer.Ordinal)]);

    public ValueTask<StoredRoster> LoadAsync(string bareJid) => Do(bareJid, key =>
        new StoredRoster([.. ItemsOf(key).Values], [.. RequestsOf(key).Values], _versions.GetValueOrDefault(key)));

    public async ValueTask SaveItemAsync(string bareJid, StoredRosterItem item, long version) => await Do(bareJid, key =>
    {
        _versions[key] = version;
        return ItemsOf(key)[item.Contact] = item;
    });

    public async ValueTask RemoveItemAsync(string bareJid, string contact, long version) => await Do(bareJid, key =>
    {
        _versions[key] = version;
        return ItemsOf(key).Remove(contact);
    });

    public async ValueTask SaveRequestAsync(string bareJid, string contact, Stanza request) =>
        await Do(bareJid, key => RequestsOf(key)[contact] = request);

    public async ValueTask RemoveRequestAsync(string bareJid, string contact) => await Do(bareJid, key => RequestsOf(key).Remove(contact));

    public ValueTask<bool> AddAsync(string bareJid, Stanza message, int limit) => Do(bareJid, key =>
    {
        if (MessagesOf(key).Count >= limit) return false;
        MessagesOf(key).Add((++_lastId, message));
        return true;
    });

    public ValueTask<int> PutBackAsync(
        string bareJid, IReadOnlyList<Stanza> older, IReadOnlyList<Stanza> newer, long delivered, int limit) => Do(bareJid, key =>
    {
        var messages = MessagesOf(key);
        messages.RemoveAll(message => message.Id <= delivered);
        var room = Math.Max(0, limit - messages.Count);
        Stanza[] first = [.. older.Take(room)];
        Stanza[] last = [.. newer.Take(room - first.Length)];
        if (first.Length > 0)
        {
            _messages[key] = [.. first.Concat(messages.Select(message => message.Message)).Select(message => (++_lastId, message))];
        }

        MessagesOf(key).AddRange(last.Select(message => (++_lastId, message)));
        return first.Length + last.Length;
    });

    public async ValueTask<IReadOnlyList<(long Id, Stanza Message)>> ReadAsync(string bareJid, int count)
    {
        await Do(Reading(bareJid), _ => 0);
        return await Do<IReadOnlyList<(long, Stanza)>>(bareJid, key => [.. MessagesOf(key).Take(count)]);
    }

    public async ValueTask RemoveThroughAsync(string bareJid, long id)
    {
        await Do(Removal(bareJid), _ => 0);
        await Do(bareJid, key => MessagesOf(key).RemoveAll(message => message.Id <= id));
    }

    private static string Reading(string bareJid) => $"reading {bareJid}";

    private static string Removal(string bareJid) => $"removal {bareJid}";

    private Dictionary<string, StoredRosterItem> ItemsOf(string key) => Of(_items, key);

    private Dictionary<string, Stanza> RequestsOf(string key) => Of(_requests, key);

    private List<(long Id, Stanza Message)> MessagesOf(string key) => Of(_messages, key);

    private static T Of<T>(Dictionary<string, T> all, string key)
        where T : new() => all.TryGetValue(key, out var found) ? found : all[key] = new();

    /// <summary>Like a real store, a call returns later, so that whoever forgets to await it is found out.</summary>
    private async ValueTask<T> Do<T>(string key, Func<string, T> action)
    {
        await Task.Yield();
        Hold? hold;
        lock (_lock)
        {
            _calls[key] = _calls.GetValueOrDefault(key) + 1;
            hold = _holds.GetValueOrDefault(key);
        }

        if (hold is not null) await hold.WaitAsync();
        lock (_lock)
        {
            if (_broken.Contains(key)) throw new StorageException("The test has broken this store.");
            if (_crashing.Remove(key)) throw new InvalidOperationException("The test has put a bug into this store.");
            return action(key);
        }
    }

    /// <summary>A store that is slow: its calls wait until the test lets them go on.</summary>
    internal sealed class Hold
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _waiting;

        /// <summary>The calls that have come so far.</summary>
        public int Waiting => Volatile.Read(ref _waiting);

        public void Release() => _released.SetResult();

        public Task WaitAsync()
        {
            Interlocked.Increment(ref _waiting);
            return _released.Task;
        }
    }
}
