using System.Reflection;

namespace OrleansBosh.Cluster;

/// <summary>What this software calls itself, to people and to clients (XEP-0092).</summary>
public static class Product
{
    public const string Name = "OrleansBosh";

    public static string Version { get; } =
        typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
