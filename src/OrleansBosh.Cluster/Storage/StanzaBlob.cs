using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Storage;

/// <summary>A stanza in a column: its format's number, then header, bytes and child table, so that nobody has to parse it again.</summary>
internal static class StanzaBlob
{
    private const byte Format = 1;

    public static byte[] Encode(Stanza stanza)
    {
        using var stream = new MemoryStream(stanza.Bytes.Length + 256);
        using var writer = new BinaryWriter(stream);
        writer.Write(Format);
        writer.Write(stanza);
        writer.Flush();
        return stream.ToArray();
    }

    /// <exception cref="StorageException">The bytes are damaged, or of a newer format.</exception>
    public static Stanza Decode(byte[] blob)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(blob));
            var format = reader.ReadByte();
            if (format != Format) throw new StorageException($"A stored stanza has the unknown format {format}.");
            return reader.ReadStanza();
        }
        catch (Exception e) when (e is IOException or FormatException or OverflowException)
        {
            throw new StorageException("A stored stanza is damaged.", e);
        }
    }
}
