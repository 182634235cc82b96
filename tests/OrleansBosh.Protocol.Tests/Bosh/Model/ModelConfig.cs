using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Protocol.Tests.Bosh.Model;

/// <summary>What a simulated client asks for, and how tight the server's limits are.</summary>
/// <param name="Wait">In seconds; zero polls.</param>
/// <param name="Hold">Zero polls.</param>
/// <param name="Connections">How many requests the client keeps open at the same time, as far as the server allows.</param>
/// <param name="Acks">The client acknowledges answers.</param>
/// <param name="Keys">The client uses key sequencing.</param>
/// <param name="IsTight">Small answers and a small outbox, so that batches are split and back-pressure sets in.</param>
internal sealed record ModelConfig(int Wait, int Hold, int Connections, bool Acks, bool Keys, bool IsTight)
{
    public bool IsPolling => Wait == 0 || Hold == 0;

    public int Requests => Hold + 1;

    /// <summary>Within this time a caller must have its answer; replies to a poll are collected for a moment.</summary>
    public TimeSpan LongestWait => TimeSpan.FromSeconds(Math.Max(Wait, 0.1));

    public BoshSessionSettings Settings => new()
    {
        MaxHold = IsTight ? 1 : 2,
        Inactivity = TimeSpan.FromSeconds(30),
        PollingInactivity = TimeSpan.FromSeconds(40),
        Polling = TimeSpan.FromSeconds(2),
        MaxPause = TimeSpan.FromSeconds(60),
        MaxAnswerStanzas = IsTight ? 2 : 64,
        MaxOutboxStanzas = IsTight ? 4 : 512,
    };
}

/// <summary>Decisions of one step, all made from one number: the same number decides the same again.</summary>
internal struct Choices(uint seed)
{
    private ulong _state = seed;

    /// <summary>A number from zero to below <paramref name="bound"/>.</summary>
    public int Next(int bound)
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) % (ulong)bound);
    }

    public bool Chance(int percent) => Next(100) < percent;

    public T Pick<T>(IReadOnlyList<T> list) => list[Next(list.Count)];
}
