using System.Globalization;

namespace OrleansBosh.Load.Bench;

/// <summary>What <c>bench.sh</c> asks for.</summary>
internal sealed record BenchOptions
{
    public const string Usage = """
        Usage: bench --server PATH/OrleansBosh.Server.dll --page FILE.md [--quick | --hold] [--rounds N] [--seconds N] [--rows TEXT]

          --quick       few rows and rounds; compares with docs/benchmarks.md and fails when a target that was met there is missed now
          --hold        only: 19,000 sessions that wait for ten minutes; fills its own section of the page
          --rounds N    rounds   (9; quick: 3)
          --seconds N   how long a row is measured; idle sessions twenty times as long, at most a minute; sessions held 200 times as long   (3; quick: 2)
          --rows TEXT   only rows with this in their command line, for trying things out
        """;

    public string ServerAssembly { get; private init; } = "";
    public string Page { get; private init; } = "";
    public bool IsQuick { get; private init; }
    public bool IsHold { get; private init; }
    public int Rounds { get; init; }
    public int Seconds { get; private init; }
    public string Rows { get; private init; } = "";

    /// <summary>Before each measurement: sessions have just logged in.</summary>
    public int WarmupSeconds => Math.Max(1, Seconds / 5);

    /// <summary>A whole <c>wait</c>: every session renews its request once.</summary>
    public int IdleSeconds => Math.Min(60, 20 * Seconds);

    public int HoldSeconds => 200 * Seconds;

    /// <summary>Null: the command line is wrong.</summary>
    public static BenchOptions? Parse(IReadOnlyList<string> args)
    {
        var options = new BenchOptions();
        for (var i = 0; i < args.Count; i++)
        {
            var value = i + 1 < args.Count ? args[i + 1] : "";
            switch (args[i])
            {
                case "--quick": options = options with { IsQuick = true }; continue;
                case "--hold": options = options with { IsHold = true }; continue;
                case "--server": options = options with { ServerAssembly = value }; break;
                case "--page": options = options with { Page = value }; break;
                case "--rounds" when Number(value) is { } rounds: options = options with { Rounds = rounds }; break;
                case "--seconds" when Number(value) is { } seconds: options = options with { Seconds = seconds }; break;
                case "--rows": options = options with { Rows = value }; break;
                default: return null;
            }

            if (++i == args.Count) return null;
        }

        if (options.ServerAssembly.Length == 0 || options.Page.Length == 0 || options is { IsQuick: true, IsHold: true }) return null;
        return options with
        {
            Rounds = options.Rounds > 0 ? options.Rounds : options.IsQuick ? 3 : 9,
            Seconds = options.Seconds > 0 ? options.Seconds : options.IsQuick ? 2 : 3,
        };
    }

    private static int? Number(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}
