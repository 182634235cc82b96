using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace OrleansBosh.Load.Scenarios;

/// <summary>A report as a table of names and figures for the console.</summary>
internal sealed class ReportTable
{
    private const double Mebi = 1024 * 1024;

    private readonly List<(string Name, string Value)> _rows = [];

    private ReportTable()
    {
    }

    public static string Of(LoadReport report)
    {
        var table = new ReportTable();
        table.Add("sessions", $"{report.Sessions:N0}");
        table.Add("operations", $"{report.Operations:N0} in {report.Seconds:N1} s");
        table.Add("rate", $"{report.Rate:N1}/s{(report.TargetRate is { } target ? $", to be {target:N0}/s" : "")}");
        if (report.Operations > 0) table.Add("latency", Times(report.Latency));
        if (report.LoginTime.Max > 0) table.Add("login", Times(report.LoginTime));
        table.AddChecks(report.Checks);
        if (report.Server is { } server) table.AddServer(server);
        table.AddClient(report.Client);
        return table.ToString();
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        var width = _rows.Max(row => row.Name.Length);
        foreach (var (name, value) in _rows) text.Append("  ").Append(name.PadRight(width)).Append("  ").AppendLine(value);
        return text.ToString();
    }

    private void AddChecks(Verification checks) => Add(
        "checks",
        checks.IsClean
            ? "nothing failed, lost, doubled, out of order or unasked-for"
            : $"FAILED: {checks.Failed:N0} operations failed, {checks.LostSessions:N0} sessions lost; messages: {checks.Lost:N0} lost, {checks.Duplicates:N0} doubled, {checks.OutOfOrder:N0} out of order, {checks.Foreign:N0} unasked-for");

    private void AddServer(ServerReport server)
    {
        var idleCpu = Optional(server.CpuMillisecondsPerSessionAndMinute, "{0:N3} ms per session and minute, ");
        Add("server CPU", $"{PerOperation(server.CpuMicrosecondsPerOperation)}{idleCpu}{server.CpuSeconds:N2} s");
        Add("server memory", $"{Optional(server.ResidentBytesPerSession / 1024.0, "{0:N1} KiB per session, ")}{server.ResidentBytes / Mebi:N0} MiB");
    }

    private void AddClient(ClientReport client)
    {
        Add("own CPU", $"{PerOperation(client.CpuMicrosecondsPerOperation)}{client.CpuSeconds:N2} s; memory {client.ResidentBytes / Mebi:N0} MiB");
        Add("in all", $"{client.Requests:N0} requests, {client.Repeats:N0} repeated, {client.Connections:N0} connections, {client.BytesSent:N0} bytes out, {client.BytesReceived:N0} in");
        if (client.ChunkedAnswers > 0) Add("chunked answers", $"{client.ChunkedAnswers:N0}");
        if (client.Hosts.Count > 0) Add("hosts seen", string.Join(", ", client.Hosts));
    }

    private void Add(string name, FormattableString value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    private void Add(string name, string value) => _rows.Add((name, value));

    private static string PerOperation(double? microseconds) => Optional(microseconds, "{0:N1} µs per operation, ");

    private static string Optional(double? value, [StringSyntax(StringSyntaxAttribute.CompositeFormat)] string format) =>
        value is null ? "" : string.Format(CultureInfo.InvariantCulture, format, value);

    private static string Times(LatencyReport times) => string.Create(
        CultureInfo.InvariantCulture, $"p50 {times.P50:F2}  p90 {times.P90:F2}  p99 {times.P99:F2}  p99.9 {times.P999:F2}  max {times.Max:F2} ms");
}
