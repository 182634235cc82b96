using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Npgsql;

namespace OrleansBosh.Server.Options;

/// <summary>What makes a node a member of a cluster.</summary>
/// <param name="Database">Connection string of its PostgreSQL database. It holds a password: never shown.</param>
/// <param name="DatabasePatience">How long the start waits for the database.</param>
/// <param name="ClusterId">Separates clusters that share a database.</param>
/// <param name="SiloEndpoint">Where the other nodes reach this one.</param>
public sealed record ClusterSettings(string Database, TimeSpan DatabasePatience, string ClusterId, IPEndPoint SiloEndpoint)
{
    private const int DefaultSiloPort = 11111;

    /// <summary>As wide as the membership table's column for the silo's name, which is the public URL.</summary>
    private const int MaxPublicUrl = 150;

    /// <returns>Null when the options make a single node.</returns>
    /// <exception cref="OptionsException">Options are wrong.</exception>
    internal static ClusterSettings? From(BoshOptions options, IReadOnlyList<ListenAddress> listen, Uri? publicUrl)
    {
        if (string.IsNullOrEmpty(options.Database)) return null;
        if (publicUrl is null)
        {
            throw OptionsReader.Wrong(nameof(options.PublicUrl), "", "must be set in a cluster: it is how clients are sent to this node, like http://t1.example.com:5280/http-bind");
        }

        if (publicUrl.AbsoluteUri.Length > MaxPublicUrl)
        {
            throw OptionsReader.Wrong(nameof(options.PublicUrl), options.PublicUrl!, $"must not be longer than {MaxPublicUrl} characters in a cluster");
        }

        if (options.ClusterId.Length is 0 or > MaxPublicUrl) throw OptionsReader.Wrong(nameof(options.ClusterId), options.ClusterId, $"must have 1 to {MaxPublicUrl} characters");
        CheckDatabase(options.Database);
        return new(options.Database, options.DatabasePatience, options.ClusterId, ReadSiloAddress(options.SiloAddress, listen));
    }

    /// <summary>The value stays out of the message: it holds a password.</summary>
    private static void CheckDatabase(string database)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(database);
            if (!string.IsNullOrEmpty(builder.Host)) return;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            // Not the message of the exception, which names the wrong keyword: that may be a piece of a password with a semicolon in it.
            throw new OptionsException("Bosh:Database is no connection string for PostgreSQL like Host=db.example.com;Database=bosh;Username=bosh;Password='…'; a value with a semicolon needs the quotation marks.");
        }

        throw new OptionsException("Bosh:Database names no Host; it must be like Host=db.example.com;Database=bosh;Username=bosh;Password=….");
    }

    private static IPEndPoint ReadSiloAddress(string? text, IReadOnlyList<ListenAddress> listen)
    {
        if (string.IsNullOrEmpty(text)) return new(GuessSiloAddress(listen), DefaultSiloPort);
        if (!IPEndPoint.TryParse(text, out var endpoint) || endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any))
        {
            throw OptionsReader.Wrong(nameof(BoshOptions.SiloAddress), text, $"must be an IP address of this machine that the other nodes reach, with or without port, like 10.0.0.5:{DefaultSiloPort}");
        }

        if (endpoint.Port == 0) endpoint.Port = DefaultSiloPort;
        return endpoint;
    }

    /// <summary>Nothing guards the silo port, so only an address that the world cannot reach is taken without being asked for.</summary>
    private static IPAddress GuessSiloAddress(IReadOnlyList<ListenAddress> listen)
    {
        var listened = listen.Select(address => address.Addresses[0]).Distinct().ToArray();
        if (listened is [var only] && (IPAddress.IsLoopback(only) || IsPrivate(only))) return only;
        var candidates = NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus == OperationalStatus.Up)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(IsPrivate)
            .Distinct()
            .ToArray();
        return candidates is [var single]
            ? single
            : throw OptionsReader.Wrong(
                nameof(BoshOptions.SiloAddress),
                "",
                $"must be set to a private address, since this machine has {(candidates.Length == 0 ? "none" : string.Join(" and ", candidates.AsEnumerable()))}");
    }

    private static bool IsPrivate(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetwork) return address.IsIPv6UniqueLocal;
        return address.GetAddressBytes() is [10, ..] or [172, >= 16 and < 32, ..] or [192, 168, ..];
    }
}
