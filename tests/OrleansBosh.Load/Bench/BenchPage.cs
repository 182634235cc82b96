using System.Globalization;

namespace OrleansBosh.Load.Bench;

/// <summary>The page with the figures.</summary>
internal sealed class BenchPage(
    BenchOptions options, IReadOnlyList<(string Name, string Value)> machine, IReadOnlyList<BenchRow> rows, BenchResults results,
    IReadOnlyList<TargetOutcome> outcomes, IReadOnlyList<string> problems)
{
    public const string TargetsTitle = "Targets";

    private const int ReasonLength = 60;

    private static readonly string[] Servers =
    [
        BenchServer.OursName, BenchServer.TwoNodesName, BenchServer.EjabberdName, BenchServer.ProsodyName, BenchServer.PackagedProsodyName,
        BenchServer.FloorName,
    ];

    /// <summary>What short runs are compared with.</summary>
    public static string Committed => Path.Combine(Repository.Root, "docs", "benchmarks.md");

    public IReadOnlyList<BenchFigure> Figures { get; } =
        [.. rows.SelectMany(row => row.Figures).DistinctBy(figure => figure.Name).OrderBy(figure => figure.IsOfGenerator)];

    public PageSections Write(string plot) => PageSections.Parse(Introduction(plot))
        .With((TargetsTitle, Targets()))
        .With(("Figures", Medians()))
        .With(("How it is measured", Method()))
        // Empty if nothing did: then it also takes away that of the last run.
        .With(("What went wrong", string.Join('\n', problems.Select(problem => $"- {problem}"))));

    public static string Number(double value) => value.ToString(value >= 100 ? "F0" : value >= 10 ? "F1" : "F2", CultureInfo.InvariantCulture);

    private string Introduction(string plot) => $"""
        # Benchmarks

        What a server needs of its processor and its memory, beside Debian's ejabberd and Prosody on the same machine in the same hour, and
        beside a bare Kestrel that answers a POST without looking at it. Written by `./bench.sh{(options.IsQuick ? " --quick" : "")}`; {Count(options.Rounds, "round")}.

        ![Server CPU per operation and memory per session]({plot})

        | | |
        |---|---|
        {string.Join('\n', machine.Select(item => $"| {item.Name} | {item.Value} |"))}
        """;

    private string Targets() => $"""
        Ratios are medians of the ratios within a round. Less than 10 % apart is a tie. The better peer is the better of ejabberd and Prosody
        with relaxed garbage collection.

        | figure | of | target | measured | |
        |---|---|---|---:|---|
        {string.Join('\n', outcomes.Select(outcome => $"| {outcome.Target.Figure.Name} | {outcome.Target.Server} | {outcome.Target.Text} | {outcome.MeasuredText} | {outcome.Verdict} |"))}
        """;

    private string Medians() => $"""
        Medians{(options.Rounds == 1 ? "" : ", in brackets the least and the most of all rounds")}. Less is better.

        | | {string.Join(" | ", Servers)} |
        |---|{string.Concat(Servers.Select(_ => "---:|"))}
        {string.Join('\n', Figures.Select(figure => $"| {figure.Name}, {figure.Unit} | {string.Join(" | ", Servers.Select(server => Cell(figure.Name, server)))} |"))}
        """;

    private string Cell(string figure, string server)
    {
        if (results.Median(figure, server) is { } median && results.Range(figure, server) is var (least, most))
            return least.Equals(most) ? Number(median) : $"{Number(median)} ({Number(least)} … {Number(most)})";
        return results.Failure(figure, server) is { } reason ? $"failed: {Short(reason)}" : "–";
    }

    // In full it stands below the tables.
    private static string Short(string reason)
    {
        var line = reason.ReplaceLineEndings(" ").Replace('|', '/');
        return line.Length <= ReasonLength ? line : line[..ReasonLength] + "…";
    }

    private string Method()
    {
        var lifted = string.Join(", ", BenchServer.LiftedLimits.Select(option => $"`Bosh:{option.Key}={option.Value}`"));
        var rare = Figures.Where(figure => rows.Any(row => row.Rounds < options.Rounds && row.Figures.Contains(figure))).Select(figure => figure.Name).ToArray();
        return $"""
            CPU is user and system time of the server's process tree per operation, from `/proc`. p99 is the latency that 99 of 100 operations do
            not exceed, from the moment when the operation was due. All servers and the load generator are on one machine. The servers
            run from the first round to the last, are warmed up first, and rest while another is measured. A row is
            measured for {options.Seconds} s after {options.WarmupSeconds} s of warm-up at each of its servers in turn, in another order each round.
            {(rare.Length == 0 ? "" : $"In {rows.Min(row => row.Rounds)} rounds only: {string.Join("; ", rare)}.")}

            The clients are the same for all: sessions with two connections each, as browsers have. An empty request goes out 20 ms after the last
            answer if the application has said nothing until then (Strophe: 100 ms), and whatever follows an empty request keeps 100 ms distance.
            Two requests that arrive in the same moment on two connections may be read in either order, and ejabberd looks at the
            one that came too early only when the other is answered, up to `wait` later: without that distance its sessions stall.

            - **Echo**: each session pings the domain. **Chat**: both of a pair write to each other; the message's cost is that of sender and
              receiver. Closed loop: each waits for its answer (its message's arrival) before the next; at 500 per second all sessions take turns.
            - **Login**: create a session, authenticate, bind, and end it. With contacts: also get the roster, send presence, and receive that of
              all contacts, who are online.
            - **Idle**: one held request on one connection, `wait` 60 s. Memory is what 5,000 of them add to a fresh process, which has been warmed up.
            - **OrleansBosh**: as published, with lifted limits: {lifted}.
            - **Two nodes**: on one PostgreSQL, whose time does not count. Every pair of chat has an end at each node. Both nodes' CPU is added.
            - **ejabberd and Prosody**: Debian's packages, with the modules that the scenarios need, without TLS, logging and limits; Prosody also
              with `{BenchServer.RelaxedGc}`.
            - **Bare Kestrel**: reads a POST of the size of an echo and answers as many bytes.
            """.Replace("\n\n\n", "\n\n", StringComparison.Ordinal);
    }

    private static string Count(int number, string noun) => number == 1 ? $"one {noun}" : $"medians of {number} {noun}s";
}
