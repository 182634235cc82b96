using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using OrleansBosh.Cluster;
using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Server;

/// <summary>The command line: run the node, or manage accounts. What an operator can cause ends in one clear line and exit code 1.</summary>
internal static class ServerProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            return args switch
            {
                ["user", ..] => await ManageUsersAsync(args[1..]),
                ["database", ..] => await ManageDatabaseAsync(args[1..]),
                _ => await RunNodeAsync(args),
            };
        }
        catch (Exception exception) when (exception is OptionsException or StorageOpenException or StorageException)
        {
            return Fail(exception.Message);
        }
    }

    private static async Task<int> RunNodeAsync(string[] args)
    {
        if (args.FirstOrDefault(arg => !IsOption(arg)) is { } unknown)
        {
            return Fail($"'{unknown}' is no command. Commands: user add|passwd|del|list, database status|migrate|rotate-secrets|set-domain. Options are written --Bosh:Domain=example.com.");
        }

        var builder = NodeApplication.CreateBuilder(args);
        var settings = ServerSettings.Read(builder.Configuration);
        // Tried before anything starts, so that the one line is all there is to read.
        if (settings.Listen.Select(FindObstacle).FirstOrDefault(obstacle => obstacle is not null) is { } found) return Fail(found);
        await using var storage = await OpenStorageAsync(settings, builder.Configuration);
        await using var app = NodeApplication.Build(builder, settings, storage);
        try
        {
            await app.StartAsync();
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            return Fail($"{exception.Message.TrimEnd('.')}. Stop the other program, or set Bosh:Urls to another port.");
        }

        Greet(settings, storage);
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static async Task<int> ManageUsersAsync(string[] args)
    {
        var configuration = NodeApplication.CreateBuilder([.. args.Where(IsOption)]).Configuration;
        var settings = ServerSettings.Read(configuration);
        await using var storage = await OpenStorageAsync(settings, configuration);
        return await UserCommand.RunAsync(
            [.. args.Where(arg => !IsOption(arg))], storage.Store, settings.Domain.Domain, Console.In, Console.Out, Console.Error, settings.Domain.ScramIterations);
    }

    private static async Task<int> ManageDatabaseAsync(string[] args)
    {
        var settings = ServerSettings.Read(NodeApplication.CreateBuilder([.. args.Where(IsOption)]).Configuration);
        if (settings.Cluster is not { } cluster) return Fail("Bosh:Database is not set: this is a single node, which keeps its data in a file.");
        return await DatabaseCommand.RunAsync(
            [.. args.Where(arg => !IsOption(arg))], cluster.Database, cluster.ClusterId, TimeProvider.System, Console.Out, Console.Error);
    }

    /// <summary>Before the application has a log: the wait for a database is told on standard error, away from a command's output.</summary>
    private static async Task<NodeStorage> OpenStorageAsync(ServerSettings settings, ConfigurationManager configuration)
    {
        using var loggers = LoggerFactory.Create(logging => logging
            .AddConfiguration(configuration.GetSection("Logging"))
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        return await NodeStorage.OpenAsync(settings, loggers.CreateLogger<NodeStorage>());
    }

    /// <summary>Why an address cannot be listened on, or null.</summary>
    private static string? FindObstacle(ListenAddress address)
    {
        foreach (var ip in address.Usable)
        {
            try
            {
                using var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                // As Kestrel listens: every IPv6 address means every IPv4 address, too.
                if (ip.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
                socket.Bind(new IPEndPoint(ip, address.Port));
            }
            catch (SocketException exception)
            {
                return exception.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? $"{address.Url} is in use. Stop the other program, or set Bosh:Urls to another port."
                    : $"{address.Url} cannot be listened on: {exception.Message}. Set Bosh:Urls.";
            }
        }

        return null;
    }

    private static void Greet(ServerSettings settings, NodeStorage storage)
    {
        // In a cluster the name that the other nodes and the clients know.
        var url = settings.Node.PublicUrl?.GetLeftPart(UriPartial.Authority) ?? settings.Listen[0].Url;
        Console.WriteLine($"OrleansBosh {Product.Version} serves the domain {settings.Domain.Domain}");
        Console.WriteLine($"  chat page  {url}/");
        Console.WriteLine($"  BOSH URL   {settings.Node.PublicUrl?.AbsoluteUri ?? url + settings.FrontEnd.Paths[0]}");
        if (settings.Cluster is { } cluster) Console.WriteLine($"  cluster    {cluster.ClusterId} in {storage.Store.Location}, reached by the other nodes at {cluster.SiloEndpoint}");
        else Console.WriteLine($"  data file  {settings.DataFile}");
        if (settings.IsTrial) Console.WriteLine("  loopback only: to serve others set Bosh:Domain and Bosh:Urls");
        if (settings.IsNameless) Console.WriteLine("  set Bosh:PublicUrl: until then clients are sent to whatever host their first request named");
        Console.WriteLine("Ctrl+C stops it.");
    }

    private static bool IsOption(string argument) => argument.StartsWith("--", StringComparison.Ordinal);

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 1;
    }
}
