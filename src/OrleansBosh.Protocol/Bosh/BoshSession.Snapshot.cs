using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>The session as plain data. Tickets do not travel: their callers are released first, or gone with their node.</summary>
public sealed partial class BoshSession
{
    /// <summary>Grows with every change of the layout; a node refuses what was captured in another one.</summary>
    private const byte SnapshotVersion = 2;

    /// <summary>Everything that <see cref="Restore"/> needs. Allowed at any moment between two calls.</summary>
    public byte[] Capture()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(SnapshotVersion);
        WriteNegotiation(writer);
        writer.Write(_window.Last);
        writer.WriteOptional(_keys.Expected);
        writer.Write((byte)_phase);
        writer.Write(_isBound);
        writer.Write(IsOver);
        WriteOptional(writer, _phaseDeadline);
        WriteOptional(writer, _idleSince);
        writer.Write(_collectUntil.UtcTicks);
        writer.Write(_lastAnswerAt.UtcTicks);
        writer.Write(_pause is not null);
        if (_pause is { } pause)
        {
            writer.Write(pause.Length.Ticks);
            writer.WriteOptional(pause.Key);
            writer.Write(pause.Repeats);
        }

        writer.Write(_rate.LastArrival.UtcTicks);
        writer.Write(_rate.LastWasIdle);
        writer.Write(_rate.Strikes);
        writer.Write(_creationReply is not null);
        if (_creationReply is { } creation)
        {
            writer.Write(creation.Sid);
            writer.Write(creation.Domain);
            writer.Write(creation.Rid);
        }

        writer.Write(_pendingEnd is not null);
        if (_pendingEnd is { } end)
        {
            writer.Write((byte)end.Condition);
            WriteStanzas(writer, end.StreamError is null ? [] : [end.StreamError]);
        }

        WriteRequests(writer);
        WriteStanzas(writer, _queue.Stanzas);
        WriteOutbox(writer);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>The session that was captured. Its open requests have no callers; they come with the client's repeats.</summary>
    /// <exception cref="InvalidDataException">The snapshot is of another version.</exception>
    public static BoshSession Restore(byte[] snapshot, string? host, BoshSessionSettings settings)
    {
        using var reader = new BinaryReader(new MemoryStream(snapshot));
        var version = reader.ReadByte();
        if (version != SnapshotVersion) throw new InvalidDataException($"This session was captured in version {version} of the snapshot.");
        var negotiation = ReadNegotiation(reader);
        var session = new BoshSession(
            settings, negotiation, host, reader.ReadInt64(), reader.ReadOptional(), (BoshPhase)reader.ReadByte())
        {
            _isBound = reader.ReadBoolean(),
            IsOver = reader.ReadBoolean(),
            _phaseDeadline = ReadOptionalTime(reader),
            _idleSince = ReadOptionalTime(reader),
            _collectUntil = ReadTime(reader),
            _lastAnswerAt = ReadTime(reader),
            _pause = reader.ReadBoolean() ? new(TimeSpan.FromTicks(reader.ReadInt64()), reader.ReadOptional(), reader.ReadInt32()) : null,
        };
        session._rate.LastArrival = ReadTime(reader);
        session._rate.LastWasIdle = reader.ReadBoolean();
        session._rate.Strikes = reader.ReadInt32();
        if (reader.ReadBoolean()) session._creationReply = new(reader.ReadString(), reader.ReadString(), reader.ReadInt64());
        if (reader.ReadBoolean()) session._pendingEnd = new((BoshCondition)reader.ReadByte(), ReadStanzas(reader).FirstOrDefault());
        session.ReadRequests(reader);
        foreach (var stanza in ReadStanzas(reader)) session._queue.Add(stanza);
        session.ReadOutbox(reader);
        return session;
    }

    private void WriteNegotiation(BinaryWriter writer)
    {
        writer.Write(_negotiation.Wait.Ticks);
        writer.Write(_negotiation.Hold);
        writer.Write(_negotiation.Requests);
        writer.Write(_negotiation.Version);
        writer.Write(_negotiation.IsLegacy);
        writer.Write(_negotiation.ContentType);
        writer.Write(_negotiation.ClientAcks);
    }

    private static BoshNegotiation ReadNegotiation(BinaryReader reader) => new(
        TimeSpan.FromTicks(reader.ReadInt64()),
        reader.ReadInt32(),
        reader.ReadInt32(),
        reader.ReadString(),
        reader.ReadBoolean(),
        reader.ReadString(),
        reader.ReadBoolean());

    private void WriteRequests(BinaryWriter writer)
    {
        writer.Write(_held.Count);
        for (var i = 0; i < _held.Count; i++)
        {
            writer.Write(_held[i].Rid);
            writer.Write(_held[i].Deadline.UtcTicks);
            writer.WriteOptional(_held[i].Key);
            writer.Write(_held[i].Repeats);
        }

        writer.Write(_cache.Replies.Count);
        foreach (var reply in _cache.Replies)
        {
            writer.Write(reply.Rid);
            writer.Write(reply.Answer.Status);
            writer.WriteBytes(reply.Answer.Entity);
            writer.WriteOptional(reply.Key);
            writer.Write(reply.SentAt.UtcTicks);
            writer.Write(reply.Repeats);
            WriteStanzas(writer, reply.Stanzas);
            writer.Write(reply.HighestReceived);
        }

        writer.Write(_window.Parked.Count);
        foreach (var parked in _window.Parked)
        {
            WriteBody(writer, parked.Body);
            writer.Write(parked.ArrivedAt.UtcTicks);
            writer.Write(parked.Repeats);
        }
    }

    private void ReadRequests(BinaryReader reader)
    {
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            _held.Add(new(reader.ReadInt64(), null, ReadTime(reader), reader.ReadOptional()) { Repeats = reader.ReadInt32() });
        }

        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            var rid = reader.ReadInt64();
            var answer = new BoshAnswer(reader.ReadInt32(), _negotiation.ContentType, reader.ReadByteArray());
            var key = reader.ReadOptional();
            var sentAt = ReadTime(reader);
            var repeats = reader.ReadInt32();
            _cache.Add(new(rid, answer, key, sentAt, ReadStanzas(reader), reader.ReadInt64()) { Repeats = repeats });
        }

        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            var body = ReadBody(reader);
            _window.Park(new(body, null, ReadTime(reader)) { Repeats = reader.ReadInt32() });
        }
    }

    // Only what is still to be read when a parked request becomes the next one.
    private static void WriteBody(BinaryWriter writer, BoshBody body)
    {
        writer.Write(body.Rid);
        writer.WriteOptional(body.Lang);
        writer.WriteOptional(body.Ack);
        writer.WriteOptional(body.Type);
        writer.WriteOptional(body.Pause);
        writer.WriteOptional(body.Key);
        writer.WriteOptional(body.NewKey);
        writer.Write(body.Restart);
        WriteStanzas(writer, body.Payloads);
    }

    private static BoshBody ReadBody(BinaryReader reader) => new()
    {
        Rid = reader.ReadInt64(),
        Lang = reader.ReadOptional(),
        Ack = reader.ReadOptional(),
        Type = reader.ReadOptional(),
        Pause = reader.ReadOptional(),
        Key = reader.ReadOptional(),
        NewKey = reader.ReadOptional(),
        Restart = reader.ReadBoolean(),
        Payloads = ReadStanzas(reader),
    };

    private void WriteOutbox(BinaryWriter writer)
    {
        writer.Write(_outbox.Count);
        foreach (var item in _outbox.Items)
        {
            writer.Write((byte)item.Kind);
            writer.Write(item.Rid);
            writer.Write(item.Index);
            writer.WriteOptional(item.Lang);
            WriteStanzas(writer, item.Stanza is null ? [] : [item.Stanza]);
            WriteStanzas(writer, item.Undelivered ?? []);
        }
    }

    private void ReadOutbox(BinaryReader reader)
    {
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            var kind = (OutboxKind)reader.ReadByte();
            var rid = reader.ReadInt64();
            var index = reader.ReadInt32();
            var lang = reader.ReadOptional();
            _outbox.Add(new(kind, rid, index, ReadStanzas(reader).FirstOrDefault(), lang, ReadStanzas(reader)));
        }
    }

    private static void WriteStanzas(BinaryWriter writer, IReadOnlyCollection<Stanza> stanzas)
    {
        writer.Write(stanzas.Count);
        foreach (var stanza in stanzas) writer.Write(stanza);
    }

    private static Stanza[] ReadStanzas(BinaryReader reader)
    {
        var stanzas = new Stanza[reader.ReadInt32()];
        for (var i = 0; i < stanzas.Length; i++) stanzas[i] = reader.ReadStanza();
        return stanzas;
    }

    private static void WriteOptional(BinaryWriter writer, DateTimeOffset? time) => writer.Write(time?.UtcTicks ?? 0);

    private static DateTimeOffset? ReadOptionalTime(BinaryReader reader) => reader.ReadInt64() is var ticks and not 0 ? new(ticks, TimeSpan.Zero) : null;

    private static DateTimeOffset ReadTime(BinaryReader reader) => new(reader.ReadInt64(), TimeSpan.Zero);
}
