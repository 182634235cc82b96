using Microsoft.AspNetCore.Connections;
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
            return args is ["user", ..] ? await ManageUsersAsync(args[1..]) : await RunNodeAsync(args);
        }
        catch (Exception exception) when (exception is OptionsException or StorageOpenException or StorageException)
        {
            return Fail(exception.Message);
        }
    }

    private static async Task<int> RunNodeAsync(string[] args)
    {
        if (args.FirstOrDefault(arg => !arg.StartsWith("--", StringComparison.Ordinal)) is { } unknown)
        {
            return Fail($"'{unknown}' is no command. Commands: user add|passwd|del|list. Options are written --Bosh:Domain=example.com.");
        }

        var builder = NodeApplication.CreateBuilder(args);
        var settings = ServerSettings.Read(builder.Configuration);
        await using var store = await DomainStore.OpenAsync(new SqliteDialect(settings.DataFile));
        await using var app = NodeApplication.Build(builder, settings, store);
        try
        {
            await app.StartAsync();
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            return Fail($"{exception.Message.TrimEnd('.')}. Stop the other program, or set Bosh:Urls to another port.");
        }

        Greet(settings);
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static async Task<int> ManageUsersAsync(string[] args)
    {
        string[] options = [.. args.Where(arg => arg.StartsWith("--", StringComparison.Ordinal))];
        var settings = ServerSettings.Read(NodeApplication.CreateBuilder(options).Configuration);
        await using var store = await DomainStore.OpenAsync(new SqliteDialect(settings.DataFile));
        return await UserCommand.RunAsync(
            [.. args.Except(options)], store, settings.Domain.Domain, Console.In, Console.Out, Console.Error, settings.Domain.ScramIterations);
    }

    private static void Greet(ServerSettings settings)
    {
        var url = settings.Listen[0].Url;
        Console.WriteLine($"OrleansBosh {NodeApplication.Version} serves the domain {settings.Domain.Domain}");
        Console.WriteLine($"  chat page  {url}/");
        Console.WriteLine($"  BOSH URL   {url}{settings.FrontEnd.Paths[0]}");
        Console.WriteLine($"  data file  {settings.DataFile}");
        if (settings.IsTrial) Console.WriteLine("  loopback only: to serve others set Bosh:Domain and Bosh:Urls");
        Console.WriteLine("Ctrl+C stops it.");
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 1;
    }
}
