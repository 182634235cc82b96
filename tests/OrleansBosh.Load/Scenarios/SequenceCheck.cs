namespace OrleansBosh.Load.Scenarios;

/// <summary>Watches numbers 0 … n-1 arrive and tells loss, duplicates and disorder apart. Not thread-safe.</summary>
public sealed class SequenceCheck(int expected)
{
    private readonly bool[] _seen = new bool[expected];
    private int _highest = -1;

    /// <summary>Different numbers seen.</summary>
    public int Received { get; private set; }

    /// <summary>Numbers that came once more.</summary>
    public int Duplicates { get; private set; }

    /// <summary>Numbers that came behind a higher one, duplicates not counted.</summary>
    public int OutOfOrder { get; private set; }

    /// <summary>What nobody sent, or what came back.</summary>
    public int Foreign { get; private set; }

    /// <summary>Numbers not seen so far.</summary>
    public int Missing => expected - Received;

    public bool IsComplete => Missing == 0;

    public bool IsClean => IsComplete && Duplicates == 0 && OutOfOrder == 0 && Foreign == 0;

    public void AddForeign() => Foreign++;

    public void Add(int number)
    {
        if (number < 0 || number >= expected)
        {
            AddForeign();
            return;
        }

        if (_seen[number])
        {
            Duplicates++;
            return;
        }

        _seen[number] = true;
        Received++;
        if (number < _highest)
            OutOfOrder++;
        _highest = Math.Max(_highest, number);
    }
}
