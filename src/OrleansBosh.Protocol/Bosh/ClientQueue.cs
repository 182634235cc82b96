using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>Stanzas that wait for the client's next request, in order and bounded.</summary>
internal sealed class ClientQueue(BoshSessionSettings settings)
{
    private readonly Queue<Stanza> _stanzas = new();
    private int _bytes;

    public int Count => _stanzas.Count;

    public IReadOnlyCollection<Stanza> Stanzas => _stanzas;

    /// <summary>The client does not fetch what its own requests bring (B-SEC-03).</summary>
    public bool IsOverfull => _stanzas.Count > settings.MaxQueueStanzas || _bytes > settings.MaxQueueBytes;

    /// <summary>Whether there is room; an empty queue has room for a stanza of any size.</summary>
    public bool HasRoomFor(Stanza stanza) =>
        _stanzas.Count == 0
        || (_stanzas.Count < settings.MaxQueueStanzas && _bytes + stanza.Bytes.Length <= settings.MaxQueueBytes);

    public void Add(Stanza stanza)
    {
        _stanzas.Enqueue(stanza);
        _bytes += stanza.Bytes.Length;
    }

    /// <summary>Takes what fits into one answer (B-HOLD-04).</summary>
    public IReadOnlyList<Stanza> TakeBatch()
    {
        var batch = new List<Stanza>(Math.Min(_stanzas.Count, settings.MaxAnswerStanzas));
        var bytes = 0;
        while (batch.Count < settings.MaxAnswerStanzas && _stanzas.TryPeek(out var stanza))
        {
            bytes += stanza.Bytes.Length;
            if (batch.Count > 0 && bytes > settings.MaxAnswerBytes) break;
            batch.Add(_stanzas.Dequeue());
            _bytes -= stanza.Bytes.Length;
        }

        return batch;
    }

    public IReadOnlyList<Stanza> TakeAll()
    {
        Stanza[] all = [.. _stanzas];
        _stanzas.Clear();
        _bytes = 0;
        return all;
    }
}
