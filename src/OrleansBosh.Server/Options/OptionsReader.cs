using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace OrleansBosh.Server.Options;

/// <summary>
/// Reads options from configuration. Not the framework's binder, because its messages for a wrong type and for an unknown option name
/// neither the range nor what to do.
/// </summary>
internal static class OptionsReader
{
    /// <exception cref="OptionsException">An option is unknown, of the wrong type or out of its range.</exception>
    public static BoshOptions Read(IConfigurationSection section)
    {
        var options = new BoshOptions();
        var properties = typeof(BoshOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance);
        foreach (var entry in section.GetChildren())
        {
            var property = Array.Find(properties, property => property.Name.Equals(entry.Key, StringComparison.OrdinalIgnoreCase))
                ?? throw new OptionsException($"{BoshOptions.Section}:{entry.Key} is no option; README.md lists them all.");
            property.SetValue(options, Convert(property, entry.Value ?? ""));
        }

        return options;
    }

    public static OptionsException Wrong(string property, string value, string rule) =>
        new($"{BoshOptions.Section}:{property} is '{value}'; it {rule}.");

    /// <summary>A value as it is written in configuration.</summary>
    public static string Show<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"{value}");

    private static object? Convert(PropertyInfo property, string text)
    {
        var isOptional = new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
        if (isOptional && text.Length == 0) return null;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var range = property.GetCustomAttribute<RangeAttribute>();
        object? value;
        try
        {
            value = TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            throw Wrong(property.Name, text, Rule(type, range));
        }

        return range is null || range.IsValid(value) ? value : throw Wrong(property.Name, Show(value), Rule(type, range));
    }

    private static string Rule(Type type, RangeAttribute? range)
    {
        if (range is not null) return $"must be from {Show(range.Minimum)} to {Show(range.Maximum)}";
        return type == typeof(bool) ? "must be true or false" : $"must be a {type.Name}";
    }
}
