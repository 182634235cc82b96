namespace OrleansBosh.Load.Scenarios;

/// <summary>What went wrong in a run, by kind. Thread-safe.</summary>
internal sealed class Verification
{
    private long _failed;
    private long _lost;
    private long _duplicates;
    private long _outOfOrder;
    private long _foreign;
    private long _lostSessions;

    /// <summary>Operations without success, logins before the measurement included.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Messages that never came.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Messages that came once more.</summary>
    public long Duplicates => Interlocked.Read(ref _duplicates);

    /// <summary>Messages that came behind a later one.</summary>
    public long OutOfOrder => Interlocked.Read(ref _outOfOrder);

    /// <summary>Stanzas that nobody here sent or asked for; mostly own ones that came back as an error.</summary>
    public long Foreign => Interlocked.Read(ref _foreign);

    /// <summary>Sessions that ended before their client wanted it.</summary>
    public long LostSessions => Interlocked.Read(ref _lostSessions);

    /// <summary>All of these.</summary>
    public long Wrong => Failed + Lost + Duplicates + OutOfOrder + Foreign + LostSessions;

    public bool IsClean => Wrong == 0;

    public void AddFailed() => Interlocked.Increment(ref _failed);

    public void AddLost(int count) => Interlocked.Add(ref _lost, count);

    public void AddDuplicate() => Interlocked.Increment(ref _duplicates);

    public void AddOutOfOrder() => Interlocked.Increment(ref _outOfOrder);

    public void AddForeign() => Interlocked.Increment(ref _foreign);

    public void AddLostSession() => Interlocked.Increment(ref _lostSessions);
}
