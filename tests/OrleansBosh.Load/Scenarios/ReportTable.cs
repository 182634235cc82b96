using System.Globalization;
using System.Text;
using OrleansBosh.Load.Live;

namespace OrleansBosh.Load.Scenarios;

/// <summary>A small table of names and figures for the console.</summary>
internal sealed class ReportTable
{
    private readonly List<(string Name, string Value)> _rows = [];

    public ReportTable Add(string name, long count) => Add(name, count.ToString("N0", CultureInfo.InvariantCulture));

    public ReportTable Add(string name, string value)
    {
        _rows.Add((name, value));
        return this;
    }

    public ReportTable AddRate(string name, long count, TimeSpan time) =>
        Add(name, string.Create(CultureInfo.InvariantCulture, $"{count / Math.Max(time.TotalSeconds, 0.001):N0}/s"));

    public ReportTable AddTimes(string name, LatencySamples samples) => Add(
        name,
        $"p50 {Ms(samples.Percentile(0.5))}  p95 {Ms(samples.Percentile(0.95))}  p99 {Ms(samples.Percentile(0.99))}  max {Ms(samples.Max)} ms");

    public ReportTable AddMetrics(ClientMetrics metrics)
    {
        Add("requests", metrics.Requests);
        Add("repeats", metrics.Repeats);
        Add("connections", metrics.Connections);
        Add("bytes out / in", string.Create(CultureInfo.InvariantCulture, $"{metrics.BytesSent:N0} / {metrics.BytesReceived:N0}"));
        if (metrics.ChunkedAnswers > 0)
            Add("chunked answers", metrics.ChunkedAnswers);
        return Add("hosts seen", metrics.Hosts.Count == 0 ? "none" : string.Join(", ", metrics.Hosts.Order(StringComparer.Ordinal)));
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        var width = _rows.Max(r => r.Name.Length);
        foreach (var (name, value) in _rows)
            text.Append("  ").Append(name.PadRight(width)).Append("  ").AppendLine(value);
        return text.ToString();
    }

    private static string Ms(TimeSpan time) => time.TotalMilliseconds.ToString("F1", CultureInfo.InvariantCulture);
}
