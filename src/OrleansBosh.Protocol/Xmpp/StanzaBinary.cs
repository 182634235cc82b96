namespace OrleansBosh.Protocol.Xmpp;

/// <summary>Stanzas in snapshots and in storage: the header and the bytes as they are, so that nobody parses them again.</summary>
public static class StanzaBinary
{
    public static void Write(this BinaryWriter writer, Stanza stanza)
    {
        writer.Write(stanza.Name);
        writer.Write(stanza.Namespace);
        writer.WriteOptional(stanza.From);
        writer.WriteOptional(stanza.To);
        writer.WriteOptional(stanza.Id);
        writer.WriteOptional(stanza.Type);
        writer.WriteOptional(stanza.Lang);
        writer.WriteBytes(stanza.Tail.Span);
        writer.Write7BitEncodedInt(stanza.Children.Length);
        foreach (var child in stanza.Children)
        {
            writer.Write(child.Name);
            writer.Write(child.Namespace);
            writer.Write7BitEncodedInt(child.Offset);
            writer.Write7BitEncodedInt(child.Length);
        }
    }

    /// <exception cref="EndOfStreamException">The data is cut off.</exception>
    public static Stanza ReadStanza(this BinaryReader reader)
    {
        var name = reader.ReadString();
        var ns = reader.ReadString();
        var header = new StanzaHeader(
            reader.ReadOptional(), reader.ReadOptional(), reader.ReadOptional(), reader.ReadOptional(), reader.ReadOptional());
        var tail = reader.ReadByteArray();
        var children = new StanzaChild[reader.Read7BitEncodedInt()];
        for (var i = 0; i < children.Length; i++)
        {
            children[i] = new(reader.ReadString(), reader.ReadString(), reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt());
        }

        return new(name, ns, header, tail, children);
    }

    /// <summary>Writes a string that may be null.</summary>
    public static void WriteOptional(this BinaryWriter writer, string? value)
    {
        writer.Write(value is not null);
        if (value is not null) writer.Write(value);
    }

    public static string? ReadOptional(this BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;

    /// <summary>Writes bytes behind their count.</summary>
    public static void WriteBytes(this BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write7BitEncodedInt(bytes.Length);
        writer.Write(bytes);
    }

    public static byte[] ReadByteArray(this BinaryReader reader)
    {
        var bytes = new byte[reader.Read7BitEncodedInt()];
        reader.BaseStream.ReadExactly(bytes);
        return bytes;
    }
}
