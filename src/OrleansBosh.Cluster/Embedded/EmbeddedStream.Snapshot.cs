using OrleansBosh.Cluster.Users;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Sasl;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>How far a stream has come; the numbers stand in snapshots.</summary>
internal enum StreamPhase : byte
{
    Unauthenticated = 0,
    Authenticated = 1,
    Bound = 2,
    Closed = 3,
}

/// <summary>The stream as plain data.</summary>
internal sealed partial class EmbeddedStream
{
    /// <summary>Grows with every change of the layout; an older node refuses a newer snapshot.</summary>
    private const byte SnapshotVersion = 2;

    public byte[] Capture()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(SnapshotVersion);
        writer.Write((byte)_phase);
        writer.WriteOptional(_lang);
        writer.Write7BitEncodedInt(_failedLogins);
        writer.WriteOptional(_local);
        writer.Write(_isGuest);
        writer.Write(_binding is not null);
        if (_binding is not null) Write(writer, _binding);
        writer.Write(_handled.Rid);
        writer.Write(_handled.Index);
        writer.WriteBytes(_login.Sasl.Capture());
        writer.Flush();
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">The snapshot is of another version, or damaged.</exception>
    /// <exception cref="EndOfStreamException">The snapshot is cut off.</exception>
    internal static EmbeddedStream Restore(
        ReadOnlyMemory<byte> snapshot, EmbeddedBackend backend, XmppStreamOpen open, IXmppClient client)
    {
        using var reader = new BinaryReader(new MemoryStream(snapshot.ToArray()));
        var version = reader.ReadByte();
        if (version != SnapshotVersion) throw new InvalidDataException($"This stream was captured in version {version} of the snapshot.");
        var phase = (StreamPhase)reader.ReadByte();
        var lang = reader.ReadOptional();
        var failedLogins = reader.Read7BitEncodedInt();
        var local = reader.ReadOptional();
        var isGuest = reader.ReadBoolean();
        var claim = reader.ReadBoolean() ? ReadClaim(reader, new(open.SessionId, "", isGuest, backend.Leases.LocalSilo, Grant: 0)) : null;
        var mayOvertake = claim is not null && reader.ReadBoolean();
        var handled = (reader.ReadInt64(), reader.ReadInt32());
        var sasl = SaslServer.Restore(backend.SaslFor(open), reader.ReadByteArray());
        var stream = new EmbeddedStream(backend, open, client, sasl)
        {
            _lang = lang,
            _failedLogins = failedLogins,
            _local = local,
            _isGuest = isGuest,
            _handled = handled,
        };
        if (claim is not null)
        {
            // Its account's grain has to be told where the session is now.
            stream.Bind(claim, epoch: 0);
            stream._binding!.MayOvertake = mayOvertake;
        }

        stream._phase = phase;
        return stream;
    }

    private static void Write(BinaryWriter writer, ClientBinding binding)
    {
        var claim = binding.Claim;
        writer.Write(claim.Name);
        writer.Write(claim.Grant);
        writer.Write(claim.IsInterested);
        writer.Write(claim.LastSaid.Rid);
        writer.Write(claim.LastSaid.Index);
        writer.Write(claim.Presence is not null);
        if (claim.Presence is not null) writer.Write(claim.Presence);
        writer.Write7BitEncodedInt(claim.Directed.Count);
        foreach (var target in claim.Directed) writer.Write(target);
        writer.Write(binding.MayOvertake);
    }

    private static ResourceClaim ReadClaim(BinaryReader reader, ResourceClaim here)
    {
        var claim = here with
        {
            Name = reader.ReadString(),
            Grant = reader.ReadInt64(),
            IsInterested = reader.ReadBoolean(),
            LastSaid = new(here.SessionId, reader.ReadInt64(), reader.ReadInt32()),
            Presence = reader.ReadBoolean() ? reader.ReadStanza() : null,
        };
        return claim with { Directed = [.. Enumerable.Range(0, reader.Read7BitEncodedInt()).Select(_ => reader.ReadString())] };
    }
}
