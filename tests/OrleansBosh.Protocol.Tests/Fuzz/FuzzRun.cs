using System.Diagnostics;
using System.Globalization;
using OrleansBosh.Protocol.Tests.Xml;
using Xunit.Abstractions;

namespace OrleansBosh.Protocol.Tests.Fuzz;

/// <summary>
/// Rounds of one random test, for about FUZZ_SECONDS (5 unless set) and a few rounds at the least. FUZZ_SEED names the seed of the first
/// round, and a failure names its own: with it the failing round is the first one. The clock only says how many rounds there are.
/// </summary>
internal static class FuzzRun
{
    private const int LeastRounds = 100;
    private const double DefaultSeconds = 5;

    /// <param name="output">Told the seed, whatever happens.</param>
    /// <param name="entropy">Random bytes for each round.</param>
    /// <param name="round">One round; it throws when something is wrong.</param>
    public static void Play(ITestOutputHelper output, int entropy, Action<Choices> round)
    {
        var first = Number("FUZZ_SEED") is { } given ? (int)given : Random.Shared.Next();
        var time = TimeSpan.FromSeconds(Number("FUZZ_SECONDS") ?? DefaultSeconds);
        output.WriteLine($"FUZZ_SEED={first}");
        var watch = Stopwatch.StartNew();
        var rounds = 0;
        for (; rounds < LeastRounds || watch.Elapsed < time; rounds++)
        {
            var seed = unchecked(first + rounds);
            var bytes = new byte[entropy];
            new Random(seed).NextBytes(bytes);
            try
            {
                round(new(bytes));
            }
            catch (Exception failure)
            {
                // Whatever it is, it is a finding; the seed must reach whoever reads of it.
                throw new InvalidOperationException($"Round {rounds} failed; again with FUZZ_SEED={seed}. {failure.Message}", failure);
            }
        }

        output.WriteLine($"{rounds} rounds in {watch.Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
    }

    private static double? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) : null;
}
