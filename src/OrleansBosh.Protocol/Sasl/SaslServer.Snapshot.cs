using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Sasl;

/// <summary>The exchange as plain data, for sessions that move between nodes.</summary>
public sealed partial class SaslServer
{
    /// <summary>Grows with every change of the layout; an older node refuses a newer snapshot.</summary>
    private const byte SnapshotVersion = 1;

    /// <summary>The kinds of state in a snapshot; never renumbered.</summary>
    private enum Tag : byte
    {
        Nothing = 0,
        Asked = 1,
        PlainWaiting = 2,
        ScramWaiting = 3,
        ScramChallenged = 4,
    }

    /// <summary>
    /// Everything that <see cref="Restore"/> needs, at any moment between two calls. While credentials are being looked up or a proof
    /// is awaited it holds secrets (a PLAIN password, an account's keys): it is for another node's memory, not for disk or log.
    /// </summary>
    public byte[] Capture()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(SnapshotVersion);
        switch (_state)
        {
            case SaslState.Asked asked:
                writer.Write((byte)Tag.Asked);
                writer.Write(asked.Mechanism);
                break;
            case SaslState.PlainWaiting waiting:
                writer.Write((byte)Tag.PlainWaiting);
                writer.Write(waiting.Local);
                writer.Write(waiting.Password);
                break;
            case SaslState.ScramWaiting waiting:
                writer.Write((byte)Tag.ScramWaiting);
                WriteScram(writer, waiting.Hash, waiting.Local, waiting.First);
                break;
            case SaslState.ScramChallenged challenged:
                writer.Write((byte)Tag.ScramChallenged);
                WriteScram(writer, challenged.Hash, challenged.Local, challenged.First);
                writer.Write(challenged.Nonce);
                writer.Write(challenged.ServerFirst);
                writer.WriteBytes(challenged.Keys.Salt);
                writer.Write7BitEncodedInt(challenged.Keys.Iterations);
                writer.WriteBytes(challenged.Keys.StoredKey);
                writer.WriteBytes(challenged.Keys.ServerKey);
                writer.Write(challenged.IsKnown);
                break;
            default:
                writer.Write((byte)Tag.Nothing);
                break;
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Takes up an exchange that was captured elsewhere.</summary>
    /// <param name="settings">As given to the constructor there.</param>
    /// <param name="snapshot">What <see cref="Capture"/> made.</param>
    /// <param name="randomBytes">As for the constructor.</param>
    /// <exception cref="InvalidDataException">The snapshot is of another version, or damaged.</exception>
    /// <exception cref="EndOfStreamException">The snapshot is cut off.</exception>
    public static SaslServer Restore(SaslSettings settings, byte[] snapshot, Func<int, byte[]>? randomBytes = null)
    {
        using var reader = new BinaryReader(new MemoryStream(snapshot));
        var version = reader.ReadByte();
        if (version != SnapshotVersion) throw new InvalidDataException($"This SASL exchange was captured in snapshot version {version}.");
        return new(settings, randomBytes) { _state = ReadState(reader) };
    }

    private static SaslState ReadState(BinaryReader reader) => (Tag)reader.ReadByte() switch
    {
        Tag.Nothing => SaslState.Idle,
        Tag.Asked => new SaslState.Asked(reader.ReadString()),
        Tag.PlainWaiting => new SaslState.PlainWaiting(reader.ReadString(), reader.ReadString()),
        Tag.ScramWaiting => new SaslState.ScramWaiting(ReadHash(reader), reader.ReadString(), ReadFirst(reader)),
        Tag.ScramChallenged => new SaslState.ScramChallenged(
            ReadHash(reader),
            reader.ReadString(),
            ReadFirst(reader),
            reader.ReadString(),
            reader.ReadString(),
            new(reader.ReadByteArray(), reader.Read7BitEncodedInt(), reader.ReadByteArray(), reader.ReadByteArray()),
            reader.ReadBoolean()),
        var tag => throw new InvalidDataException($"A SASL snapshot holds the unknown state {tag}."),
    };

    private static void WriteScram(BinaryWriter writer, ScramHash hash, string local, ScramClientFirst first)
    {
        writer.Write(hash.Mechanism);
        writer.Write(local);
        writer.Write(first.Gs2Header + first.Bare);
    }

    private static ScramHash ReadHash(BinaryReader reader) =>
        ScramHash.Of(reader.ReadString()) ?? throw new InvalidDataException("A SASL snapshot names an unknown SCRAM mechanism.");

    private static ScramClientFirst ReadFirst(BinaryReader reader) =>
        ScramClientFirst.TryRead(reader.ReadString())
        ?? throw new InvalidDataException("A SASL snapshot holds a malformed SCRAM message.");
}
