using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OrleansBosh.Cluster.Nodes;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Load;
using OrleansBosh.Server.Options;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace OrleansBosh.Cluster.Tests.Design;

/// <summary>What can be told about the samples in <c>deploy/</c> without the machines that they are for.</summary>
public sealed partial class DeployTests
{
    private static string Folder => Path.Combine(Repository.Root, "deploy");

    public static TheoryData<string> Texts => [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Repository.Root, file)), "README.md"];

    [Theory]
    [MemberData(nameof(Texts))]
    public void Every_option_in_a_sample_exists(string file)
    {
        var options = typeof(BoshOptions).GetProperties().Select(property => property.Name).ToHashSet();
        var unknown = Option().Matches(File.ReadAllText(Path.Combine(Repository.Root, file))).Select(match => match.Groups["name"].Value).Where(name => !options.Contains(name));
        Assert.Empty(unknown);
    }

    [Fact]
    public void The_nodes_of_compose_yaml_make_one_cluster()
    {
        var services = Compose()["services"].AsMap().Where(service => service.Key.StartsWith("node", StringComparison.Ordinal)).ToArray();
        Assert.Equal(3, services.Length);
        var nodes = services.Select(service => Read(service.Value.AsMap()["environment"].AsMap())).ToArray();
        Assert.All(nodes, node => Assert.NotNull(node.Cluster));
        Assert.Single(nodes.Select(node => node.Cluster!.Database).Distinct());
        Assert.Equal(3, nodes.Select(node => node.Cluster!.SiloEndpoint).Distinct().Count());
        // As many public URLs, each at the address that it is published on.
        Assert.Equal(["127.0.0.1", "127.0.0.2", "127.0.0.3"], nodes.Select(node => node.Node.PublicUrl!.Host));
        foreach (var ((_, service), node) in services.Zip(nodes))
        {
            Assert.Equal([$"{node.Node.PublicUrl!.Host}:5280:5280"], ((List<object>)service.AsMap()["ports"]).Cast<string>());
            Assert.Equal($"{node.Cluster!.SiloEndpoint.Address}", service.AsMap()["networks"].AsMap()["inside"].AsMap()["ipv4_address"]);
            Assert.Equal("always", service.AsMap()["restart"]);
        }
    }

    [Fact]
    public void The_database_of_compose_yaml_is_in_a_network_without_a_way_out()
    {
        var database = Compose()["services"].AsMap()["database"].AsMap();
        Assert.DoesNotContain("ports", database.Keys);
        Assert.Equal(["inside"], ((List<object>)database["networks"]).Cast<string>());
        Assert.Equal("true", Compose()["networks"].AsMap()["inside"].AsMap()["internal"]);
    }

    [Fact]
    public void The_image_is_built_from_what_is_there_and_exposes_no_port_but_those_of_clients()
    {
        var kept = File.ReadLines(Path.Combine(Folder, "Dockerfile.dockerignore")).Where(line => line.StartsWith('!')).Select(line => line[1..]).ToArray();
        Assert.NotEmpty(kept);
        Assert.All(kept, pattern => Assert.NotEmpty(Directory.GetFileSystemEntries(Repository.Root, pattern)));
        var (project, assembly) = (Dockerfile(@"dotnet publish (\S+)"), JsonSerializer.Deserialize<string[]>(Dockerfile("ENTRYPOINT (.+)"))![1]);
        Assert.True(File.Exists(Path.Combine(Repository.Root, project, Path.ChangeExtension(assembly, "csproj"))));
        Assert.Equal("5280 5443", Dockerfile("EXPOSE (.+)"));
        Assert.Equal($":{Dockerfile("EXPOSE ([0-9]+)")}", Dockerfile(@"Bosh__Urls=http://\*(\S+)"));
    }

    [Fact]
    public async Task The_health_check_of_the_image_tells_whether_the_node_serves()
    {
        await using var cluster = await BoshTestCluster.StartAsync(1);
        var command = JsonSerializer.Deserialize<string[]>(Dockerfile("HEALTHCHECK .* CMD (.+)"))!;
        Assert.Equal(0, await CheckAsync());
        await cluster.Nodes[0].Silo.ServiceProvider.GetRequiredService<INodeDirectory>().LeaveAsync();
        Assert.NotEqual(0, await CheckAsync());

        async Task<int> CheckAsync()
        {
            using var check = Process.Start(command[0], command[1..].Select(part => part.Replace("/5280", $"/{cluster.Nodes[0].Url.Port}", StringComparison.Ordinal)));
            await check.WaitForExitAsync();
            return check.ExitCode;
        }
    }

    [Fact]
    public void The_options_of_the_systemd_sample_are_accepted()
    {
        var lines = File.ReadLines(Path.Combine(Folder, "systemd", "orleans-bosh.env")).Where(line => !line.StartsWith('#')).Select(line => line.Split('=', 2));
        var settings = Read(lines.ToDictionary(pair => pair[0], object (pair) => pair[1]));
        Assert.NotNull(settings.Cluster);
        Assert.False(settings.FrontEnd.AllowHttp);
    }

    [Fact]
    public async Task Systemd_finds_nothing_wrong_with_the_unit()
    {
        using var verification = Process.Start(new ProcessStartInfo("systemd-analyze", ["verify", Path.Combine(Folder, "systemd", "orleans-bosh.service")])
        {
            RedirectStandardError = true,
        })!;
        var complaints = await verification.StandardError.ReadToEndAsync();
        await verification.WaitForExitAsync();
        // Of this unit only: it also reads those of the machine. Where the runtime is installed is not the unit's affair.
        Assert.DoesNotContain(
            complaints.Split('\n'),
            line => line.Contains("orleans-bosh", StringComparison.Ordinal) && !line.Contains("is not executable", StringComparison.Ordinal));
    }

    /// <summary>The options as a node in the image gets them.</summary>
    private static ServerSettings Read(IReadOnlyDictionary<string, object> environment)
    {
        var values = new Dictionary<string, string?> { ["Bosh:Urls"] = "http://*:5280" };
        foreach (var (name, value) in environment) values[name.Replace("__", ":", StringComparison.Ordinal)] = (string)value;
        return ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
    }

    /// <summary>What a pattern's group finds in it.</summary>
    private static string Dockerfile(string pattern) => Regex.Match(File.ReadAllText(Path.Combine(Folder, "Dockerfile")), pattern).Groups[1].Value.TrimEnd();

    private static Dictionary<string, object> Compose()
    {
        using var file = File.OpenText(Path.Combine(Folder, "compose.yaml"));
        return new DeserializerBuilder().Build().Deserialize<object>(new MergingParser(new Parser(file))).AsMap();
    }

    [GeneratedRegex(@"Bosh(__|:)(?<name>[A-Za-z]+)")]
    private static partial Regex Option();
}

file static class Yaml
{
    public static Dictionary<string, object> AsMap(this object value) => ((Dictionary<object, object>)value).ToDictionary(pair => (string)pair.Key, pair => pair.Value);
}
