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
    private const byte SnapshotVersion = 1;

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
        writer.WriteOptional(_binding?.Jid.Text);
        writer.Write(_binding?.MayOvertake == true);
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
        var jid = reader.ReadOptional();
        var mayOvertake = reader.ReadBoolean();
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
        if (jid is not null)
        {
            if (!Jid.TryParse(jid, out var bound) || bound.IsBare) throw new InvalidDataException("A snapshot holds a malformed JID.");
            stream.Bind(bound);
            stream._binding!.MayOvertake = mayOvertake;
        }

        stream._phase = phase;
        return stream;
    }
}
