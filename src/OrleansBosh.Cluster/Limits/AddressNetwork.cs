using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace OrleansBosh.Cluster.Limits;

/// <summary>
/// What counts as one client address: an IPv4 address, or an IPv6 /64, since whoever has one address of such a network has them all.
/// </summary>
internal readonly record struct AddressNetwork(AddressFamily Family, ulong Bits)
{
    public static AddressNetwork Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out var length); // there is room for either kind
        if (length == 4) return V4(bytes);
        // A socket for both families shows IPv4 clients in this form; to count them by /64 would count them all as one.
        return address.IsIPv4MappedToIPv6
            ? V4(bytes[12..])
            : new(AddressFamily.InterNetworkV6, BinaryPrimitives.ReadUInt64BigEndian(bytes));

        static AddressNetwork V4(ReadOnlySpan<byte> bytes) => new(AddressFamily.InterNetwork, BinaryPrimitives.ReadUInt32BigEndian(bytes));
    }
}
