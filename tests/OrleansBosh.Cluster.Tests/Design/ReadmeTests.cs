using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using OrleansBosh.Cluster.Tests.Sessions;
using OrleansBosh.Load;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Cluster.Tests.Design;

/// <summary>The README's tables are what the code says, line by line.</summary>
public class ReadmeTests
{
    [Fact]
    public void The_configuration_table_has_every_option_with_its_default_range_and_description()
    {
        var defaults = new BoshOptions();
        var expected = typeof(BoshOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => Row(property, defaults));
        Assert.Equal(string.Join('\n', expected), RowsOf("| `Bosh:"));
    }

    [Fact]
    public void The_table_of_instruments_has_each_with_its_kind_unit_tags_and_description()
    {
        var list = new InstrumentList();
        var expected = list.TagsOf
            .OrderBy(entry => entry.Key.Name, StringComparer.Ordinal)
            .Select(entry => $"| `{entry.Key.Name}` | {KindOf(entry.Key)} | `{entry.Key.Unit}` | {Codes(entry.Value)} | {entry.Key.Description} |");
        Assert.Equal(string.Join('\n', expected), RowsOf("| `bosh.server."));
    }

    [Fact]
    public void The_table_of_tags_has_every_value()
    {
        var expected = new InstrumentList().ValuesOf.Select(entry => $"| `{entry.Key}` | {Codes(entry.Value)} |");
        var actual = RowsOf("| `bosh.").Split('\n').Where(row => !row.StartsWith("| `bosh.server.", StringComparison.Ordinal));
        Assert.Equal(string.Join('\n', expected), string.Join('\n', actual));
    }

    private static string RowsOf(string start) => string.Join(
        '\n', File.ReadLines(Path.Combine(Repository.Root, "README.md")).Where(line => line.StartsWith(start, StringComparison.Ordinal)));

    private static string KindOf(Instrument instrument) => instrument switch
    {
        Counter<long> => "counter",
        ObservableUpDownCounter<int> => "up-down counter",
        _ => instrument.GetType().Name,
    };

    private static string Codes(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"`{name}`"));

    private static string Row(PropertyInfo property, BoshOptions defaults)
    {
        var description = property.GetCustomAttribute<DescriptionAttribute>();
        Assert.NotNull(description);
        var value = property.GetValue(defaults) switch
        {
            null or "" => "",
            bool flag => flag ? "`true`" : "`false`",
            var other => $"`{Show(other)}`",
        };
        var range = property.GetCustomAttribute<RangeAttribute>() is { } limits ? $"{Show(limits.Minimum)} … {Show(limits.Maximum)}" : "";
        return $"| `Bosh:{property.Name}` | {value} | {range} | {description.Description} |";
    }

    private static string Show(object value) => string.Create(CultureInfo.InvariantCulture, $"{value}");
}
