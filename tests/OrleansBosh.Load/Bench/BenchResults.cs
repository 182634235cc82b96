namespace OrleansBosh.Load.Bench;

/// <summary>The values of all rounds, by figure and server, and why some are missing.</summary>
internal sealed class BenchResults
{
    private const double TieShare = 0.10;

    private readonly Dictionary<(string Figure, string Server), SortedDictionary<int, double>> _values = [];
    private readonly Dictionary<(string Figure, string Server), string> _failures = [];

    public void Add(string figure, string server, int round, double value)
    {
        if (!_values.TryGetValue((figure, server), out var rounds)) _values[(figure, server)] = rounds = [];
        rounds[round] = value;
    }

    /// <summary>The other rounds count all the same.</summary>
    public void AddFailure(string figure, string server, string reason) => _failures.TryAdd((figure, server), reason);

    /// <summary>The first one; null: none failed.</summary>
    public string? Failure(string figure, string server) => _failures.GetValueOrDefault((figure, server));

    /// <summary>It has a value or a failure.</summary>
    public bool WasTried(string figure, string server) => _values.ContainsKey((figure, server)) || _failures.ContainsKey((figure, server));

    /// <summary>Null: it was not measured.</summary>
    public double? Median(string figure, string server) => _values.TryGetValue((figure, server), out var rounds) ? MedianOf(rounds.Values) : null;

    /// <summary>The smallest and the largest value.</summary>
    public (double Least, double Most)? Range(string figure, string server) =>
        _values.TryGetValue((figure, server), out var rounds) ? (rounds.Values.Min(), rounds.Values.Max()) : null;

    /// <summary>
    /// How many times as much the first is as the second: the median over the rounds of the ratio within one round, which what changes from
    /// round to round (a busy machine) does not touch.
    /// </summary>
    public double? Ratio((string Figure, string Server) first, (string Figure, string Server) second)
    {
        if (!_values.TryGetValue(first, out var ours) || !_values.TryGetValue(second, out var theirs)) return null;
        var ratios = ours.Where(round => theirs.TryGetValue(round.Key, out var value) && value > 0).Select(round => round.Value / theirs[round.Key]).ToArray();
        return ratios.Length == 0 ? null : MedianOf(ratios);
    }

    public static bool IsTie(double ratio) => Math.Abs(ratio - 1) < TieShare;

    private static double MedianOf(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
