using System.Globalization;
using System.Security;
using System.Text;

namespace OrleansBosh.Load.Bench;

/// <summary>A bar chart of processor time per operation as SVG: one group per figure, one bar per server, on one linear scale.</summary>
internal static class BenchPlot
{
    private const int Width = 860;
    private const int Left = 300;
    private const int BarHeight = 14;
    private const int GroupGap = 16;
    private const int Right = 70;

    private static readonly (string Server, string Colour)[] Servers =
    [
        (BenchServer.OursName, "#1f6feb"), (BenchServer.TwoNodesName, "#79b8ff"), (BenchServer.EjabberdName, "#d29922"),
        (BenchServer.ProsodyName, "#8250df"), (BenchServer.PackagedProsodyName, "#c8a2f5"), (BenchServer.FloorName, "#8c959f"),
    ];

    public static string Draw(BenchResults results, IReadOnlyList<BenchRow> rows)
    {
        var groups = rows.SelectMany(row => row.Figures).Where(figure => figure.Unit == "µs").DistinctBy(figure => figure.Name)
            .Select(figure => (figure.Name, Bars: Servers.Select(s => (s.Colour, Value: results.Median(figure.Name, s.Server))).Where(bar => bar.Value is not null).ToArray()))
            .Where(group => group.Bars.Length > 0).ToArray();
        var largest = groups.SelectMany(group => group.Bars).Max(bar => bar.Value) ?? 1;
        var shapes = new StringBuilder();
        var y = Legend(shapes);
        foreach (var (name, bars) in groups)
        {
            Text(shapes, Left - 8, y + bars.Length * BarHeight / 2 + 4, name.Replace(": CPU", "", StringComparison.Ordinal), "end");
            foreach (var (colour, value) in bars)
            {
                var length = value!.Value / largest * (Width - Left - Right);
                shapes.Append(CultureInfo.InvariantCulture, $"<rect x='{Left}' y='{y}' width='{length:F1}' height='{BarHeight - 2}' fill='{colour}'/>\n");
                Text(shapes, (int)(Left + length + 4), y + BarHeight - 4, string.Create(CultureInfo.InvariantCulture, $"{value:F0} µs"), "start");
                y += BarHeight;
            }

            y += GroupGap;
        }

        // A background of its own: the page may be shown on a dark one.
        return string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {Width} {y}' font-family='sans-serif' font-size='11'>
            <title>Server CPU per operation</title>
            <rect width='100%' height='100%' fill='white'/>
            {shapes}</svg>

            """);
    }

    private static int Legend(StringBuilder shapes)
    {
        for (var i = 0; i < Servers.Length; i++)
        {
            var (x, y) = (Left - 200 + i % 3 * 220, 12 + i / 3 * 18);
            shapes.Append(CultureInfo.InvariantCulture, $"<rect x='{x}' y='{y}' width='12' height='12' fill='{Servers[i].Colour}'/>\n");
            Text(shapes, x + 18, y + 10, Servers[i].Server, "start");
        }

        return 12 + 18 * 2 + GroupGap;
    }

    private static void Text(StringBuilder shapes, int x, int y, string text, string anchor) => shapes.Append(
        CultureInfo.InvariantCulture, $"<text x='{x}' y='{y}' text-anchor='{anchor}' fill='#24292f'>{SecurityElement.Escape(text)}</text>\n");
}
