using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using OrleansBosh.Load;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Cluster.Tests.Design;

/// <summary>The README's table of options is what the options say, line by line.</summary>
public class ReadmeTests
{
    [Fact]
    public void The_configuration_table_has_every_option_with_its_default_range_and_description()
    {
        var defaults = new BoshOptions();
        var expected = typeof(BoshOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => Row(property, defaults));
        var actual = File.ReadLines(Path.Combine(Repository.Root, "README.md")).Where(line => line.StartsWith("| `Bosh:", StringComparison.Ordinal));
        Assert.Equal(string.Join('\n', expected), string.Join('\n', actual));
    }

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
