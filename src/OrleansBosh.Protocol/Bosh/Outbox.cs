using System.Diagnostics.CodeAnalysis;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>What an <see cref="OutboxItem"/> asks of the backend's stream.</summary>
public enum OutboxKind
{
    Open,
    Stanza,
    Restart,
    Close,
}

/// <summary>One thing for the backend to do, in order. It stays in the outbox until it is confirmed, so a restored session offers it again.</summary>
/// <param name="Kind">Open or restart the stream, hand over a stanza, or close the stream.</param>
/// <param name="Rid">The request that caused it; with <paramref name="Index"/> its name for the receiver's duplicate check.</param>
/// <param name="Index">The position among the payloads of that request.</param>
/// <param name="Stanza">For <see cref="OutboxKind.Stanza"/>.</param>
/// <param name="Lang">For <see cref="OutboxKind.Restart"/>: the new stream's default language, or null.</param>
/// <param name="Undelivered">For <see cref="OutboxKind.Close"/>: what no client has shown to have seen (B-INACT-04).</param>
public sealed record OutboxItem(
    OutboxKind Kind, long Rid, int Index, Stanza? Stanza = null, string? Lang = null, IReadOnlyList<Stanza>? Undelivered = null);

/// <summary>Accepted work on its way to the backend, in the client's order (B-RID-03).</summary>
internal sealed class Outbox
{
    private readonly Queue<OutboxItem> _items = new();

    public int Count => _items.Count;

    public IReadOnlyCollection<OutboxItem> Items => _items;

    public void Add(OutboxItem item) => _items.Enqueue(item);

    public bool TryPeek([NotNullWhen(true)] out OutboxItem? item) => _items.TryPeek(out item);

    /// <summary>Removes the oldest item if it is the named one; a late confirmation of something confirmed before changes nothing.</summary>
    public void Confirm(OutboxItem item)
    {
        if (_items.TryPeek(out var oldest) && (oldest.Kind, oldest.Rid, oldest.Index) == (item.Kind, item.Rid, item.Index)) _items.Dequeue();
    }
}
