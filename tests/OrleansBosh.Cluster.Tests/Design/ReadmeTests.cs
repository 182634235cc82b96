using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Cluster.Tests.Design;

/// <summary>The README's table of options is what the options say, line by line.</summary>
public class ReadmeTests
{
    [Fact]
    public void The_configuration_table_has_every_option_with_its_default_and_description()
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
            null => "",
            bool flag => flag ? "`true`" : "`false`",
            var other => string.Create(CultureInfo.InvariantCulture, $"`{other}`"),
        };
        return $"| `Bosh:{property.Name}` | {value} | {description.Description} |";
    }
}
