namespace OrleansBosh.Load.Bench;

/// <summary>The values of all rounds, by figure and server.</summary>
internal sealed class BenchResults
{
    private const double TieShare = 0.10;

    private readonly Dictionary<(string Figure, string Server), SortedDictionary<int, double>> _values = [];

    public void Add(string figure, string server, int round, double value)
    {
        if (!_values.TryGetValue((figure, server), out var rounds)) _values[(figure, server)] = rounds = [];
        rounds[round] = value;
    }

    /// <summary>Null: it was not measured.</summary>
    public double? Median(string figure, string server) => _values.TryGetValue((figure, server), out var rounds) ? MedianOf(rounds.Values) : null;

    /// <summary>The smallest and the largest value.</summary>
    public (double Least, double Most)? Range(string figure, string server) =>
        _values.TryGetValue((figure, server), out var rounds) ? (rounds.Values.Min(), rounds.Values.Max()) : null;

    /// <summary>
    /// How many times as much one server needs as the other: the median over the rounds of the ratio within one round, which what changes
    /// from round to round (a busy machine) does not touch.
    /// </summary>
    public double? Ratio(string figure, string server, string other)
    {
        if (!_values.TryGetValue((figure, server), out var ours) || !_values.TryGetValue((figure, other), out var theirs)) return null;
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
