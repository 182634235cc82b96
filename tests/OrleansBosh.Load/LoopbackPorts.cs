using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansBosh.Load;

/// <summary>Ports for the servers of tests: node n of a cluster listens on 127.0.0.n, all nodes on one port.</summary>
public static class LoopbackPorts
{
    // Below what outgoing connections take (Linux from 32768, others from 49152), so that a port stays free while its server is away.
    private const int First = 10_000;
    private const int End = 20_000;

    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>A port that is free on 127.0.0.1 and the addresses that follow it; no caller in this process gets it again.</summary>
    /// <exception cref="InvalidOperationException">None was found.</exception>
    public static int FindFree(int addresses = 1)
    {
        for (var attempt = 0; attempt < 1_000; attempt++)
        {
            var port = Random.Shared.Next(First, End);
            if (FindObstacle(addresses, port) is null && Given.TryAdd(port, true)) return port;
        }

        throw new InvalidOperationException("No port is free on all loopback addresses.");
    }

    /// <summary>Why nobody can listen on a port of 127.0.0.1 and the addresses that follow it, or null.</summary>
    public static string? FindObstacle(int addresses, int port) => Enumerable.Range(1, addresses)
        .Select(number => FindObstacle(IPAddress.Parse($"127.0.0.{number}"), port))
        .FirstOrDefault(static obstacle => obstacle is not null);

    private static string? FindObstacle(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? $"{address}:{port} is in use"
                : $"{address}:{port} cannot be listened on ({exception.Message})";
        }
    }
}
