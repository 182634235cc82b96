using System.Reflection;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Cluster.Tests.Design;

/// <summary>The arrows between the projects, read from what the compiler wrote: Server → Cluster → Protocol → nothing.</summary>
public class LayeringTests
{
    private static readonly Assembly Protocol = typeof(BoshSession).Assembly;
    private static readonly Assembly Cluster = typeof(IBoshSessionGrain).Assembly;
    private static readonly Assembly Server = typeof(BoshOptions).Assembly;

    [Fact]
    public void Our_projects_refer_to_each_other_along_the_arrows_only()
    {
        Assert.Empty(OwnReferences(Protocol));
        Assert.Equal(["OrleansBosh.Protocol"], OwnReferences(Cluster));
        Assert.Equal(["OrleansBosh.Cluster", "OrleansBosh.Protocol"], OwnReferences(Server));
    }

    [Fact]
    public void The_protocol_refers_to_no_package_and_to_nothing_that_waits_or_talks()
    {
        // Threading.dll itself is allowed: the compiler's own types (for example of locks in static data) live there.
        string[] forbidden =
        [
            "Orleans", "Microsoft.", "System.Net.Sockets", "System.Net.Requests", "System.Threading.Tasks", "System.Threading.Timer",
            "System.Threading.Channels", "System.Diagnostics.Process", "System.IO.FileSystem", "Npgsql",
        ];
        Assert.DoesNotContain(References(Protocol), reference => Array.Exists(forbidden, name => reference.StartsWith(name, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_protocol_has_no_asynchronous_member_and_no_clock()
    {
        const BindingFlags Everything =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        Type[] forbidden = [typeof(Task), typeof(ValueTask), typeof(Timer), typeof(TimeProvider), typeof(CancellationToken)];
        var offenders = Protocol.GetTypes()
            .SelectMany(type => type.GetMethods(Everything).SelectMany(method => method.GetParameters().Select(p => p.ParameterType).Append(method.ReturnType))
                .Concat(type.GetFields(Everything).Select(field => field.FieldType))
                .Where(used => forbidden.Contains(used.IsGenericType ? used.BaseType ?? used : used))
                .Select(used => $"{type.Name}: {used.Name}"));
        Assert.Empty(offenders);
    }

    [Fact]
    public void The_cluster_knows_no_web_server() =>
        Assert.DoesNotContain(References(Cluster), reference => reference.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));

    private static string[] OwnReferences(Assembly assembly) =>
        [.. References(assembly).Where(name => name.StartsWith("OrleansBosh", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> References(Assembly assembly) => assembly.GetReferencedAssemblies().Select(name => name.Name!);
}
