using System.Globalization;
using System.Security;
using System.Text;

namespace OrleansBosh.Load.Bench;

/// <summary>
/// A bar chart as SVG: one group per figure, one bar per server. Each group has its own scale: a login costs as much as a hundred pings, and
/// who compares looks at the bars of one group.
/// </summary>
internal static class BenchPlot
{
    private const int Width = 900;
    private const int Left = 310;
    private const int BarHeight = 14;
    private const int GroupGap = 14;
    private const int Right = 90;

    private static readonly (string Server, string Colour)[] Servers =
    [
        (BenchServer.OursName, "#1f6feb"), (BenchServer.TwoNodesName, "#79b8ff"), (BenchServer.EjabberdName, "#d29922"),
        (BenchServer.ProsodyName, "#8250df"), (BenchServer.PackagedProsodyName, "#c8a2f5"), (BenchServer.FloorName, "#8c959f"),
    ];

    public static string Draw(BenchResults results, IReadOnlyList<BenchFigure> figures)
    {
        var shapes = new StringBuilder();
        var y = Legend(shapes);
        foreach (var figure in figures.Where(figure => !figure.IsOfGenerator))
        {
            var bars = Servers.Select(item => (item.Colour, Value: results.Median(figure.Name, item.Server))).Where(bar => bar.Value is not null).ToArray();
            if (bars.Length == 0) continue;
            // 12 is about the height of the font.
            Text(shapes, Left - 10, y + (bars.Length * BarHeight + 12) / 2 - 4, figure.Name.Replace(": CPU", "", StringComparison.Ordinal), "end");
            // A value that rounds to nothing on the kernel's clock is a bar of no length.
            var longest = Math.Max(bars.Max(bar => bar.Value!.Value), double.Epsilon);
            foreach (var (colour, value) in bars)
            {
                Bar(shapes, y, value!.Value / longest, colour, $"{BenchPage.Number(value.Value)} {figure.Unit}");
                y += BarHeight;
            }

            y += GroupGap;
        }

        // A background of its own: the page may be shown on a dark one.
        return string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {Width} {y}' font-family='sans-serif' font-size='11.5'>
            <title>Server CPU per operation and memory per session, each group on its own scale</title>
            <rect width='100%' height='100%' fill='white'/>
            {shapes}</svg>

            """);
    }

    private static int Legend(StringBuilder shapes)
    {
        for (var i = 0; i < Servers.Length; i++)
        {
            var (x, y) = (Left + i % 3 * 185, 12 + i / 3 * 18);
            shapes.Append(CultureInfo.InvariantCulture, $"<rect x='{x}' y='{y}' width='12' height='12' fill='{Servers[i].Colour}'/>\n");
            Text(shapes, x + 18, y + 10, Servers[i].Server, "start");
        }

        Text(shapes, Left - 10, 22, "less is better; each group has its own scale", "end");
        return 12 + 18 * 2 + GroupGap;
    }

    private static void Bar(StringBuilder shapes, int y, double share, string colour, string label)
    {
        var length = share * (Width - Left - Right);
        shapes.Append(CultureInfo.InvariantCulture, $"<rect x='{Left}' y='{y}' width='{length:F1}' height='{BarHeight - 2}' fill='{colour}'/>\n");
        Text(shapes, (int)(Left + length + 6), y + BarHeight - 4, label, "start");
    }

    private static void Text(StringBuilder shapes, int x, int y, string text, string anchor) => shapes.Append(
        CultureInfo.InvariantCulture, $"<text x='{x}' y='{y}' text-anchor='{anchor}' fill='#24292f'>{SecurityElement.Escape(text)}</text>\n");
}
