using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

/// <summary>The server's end of one connection, driven by a test byte by byte.</summary>
internal sealed class RawPeer(Stream stream) : IDisposable
{
    private readonly List<byte> _unread = [];
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the server's reading loop ended: the client closed or reset, or this side did.</summary>
    public Task End => _end.Task;

    /// <summary>The next request, or null when the client closed in order.</summary>
    public async Task<RawRequest?> ReadRequestAsync(CancellationToken cancellation)
    {
        int headLength;
        while ((headLength = Latin1(_unread.Count).IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            if (!await FillAsync(cancellation))
                return null;
        }

        var head = Latin1(headLength);
        var length = head.Split("\r\n").Where(l => l.StartsWith("Content-Length: ", StringComparison.Ordinal))
            .Select(l => int.Parse(l["Content-Length: ".Length..], CultureInfo.InvariantCulture)).SingleOrDefault();
        while (_unread.Count < headLength + 4 + length)
        {
            if (!await FillAsync(cancellation))
                return null;
        }

        var entity = _unread.GetRange(headLength + 4, length).ToArray();
        _unread.RemoveRange(0, headLength + 4 + length);
        return new RawRequest(this, head, entity);
    }

    /// <summary>At least so many bytes that no request claimed.</summary>
    public async Task<string> ReadTextAsync(int length, CancellationToken cancellation)
    {
        while (_unread.Count < length && await FillAsync(cancellation))
        {
            // FillAsync did the work.
        }

        var text = Latin1(_unread.Count);
        _unread.Clear();
        return text;
    }

    public async Task WriteAsync(string text, CancellationToken cancellation) =>
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);

    public void DeclareEnd() => _end.TrySetResult();

    public void Dispose() => stream.Dispose();

    private string Latin1(int count) => Encoding.Latin1.GetString(_unread.GetRange(0, count).ToArray());

    private async Task<bool> FillAsync(CancellationToken cancellation)
    {
        var buffer = new byte[4096];
        var count = await stream.ReadAsync(buffer, cancellation);
        _unread.AddRange(buffer.AsSpan(0, count));
        return count > 0;
    }
}

/// <summary>A request that arrived at a scripted server, and the means to answer it.</summary>
internal sealed record RawRequest(RawPeer Peer, string Head, byte[] Entity)
{
    public string Text => Encoding.UTF8.GetString(Entity);

    public XElement Body => XElement.Parse(Text);

    public long Rid => long.Parse(Attribute("rid")!, CultureInfo.InvariantCulture);

    public string? Attribute(XName name) => Body.Attribute(name)?.Value;

    /// <summary>Answers with a wrapper that has these attributes and this content.</summary>
    public Task AnswerAsync(string payload = "", string attributes = "") =>
        WriteAsync($"<body xmlns='http://jabber.org/protocol/httpbind' {attributes}>{payload}</body>");

    /// <summary>Answers with this entity and status.</summary>
    public Task WriteAsync(string entity, string status = "200 OK") => Peer.WriteAsync(
        $"HTTP/1.1 {status}\r\nContent-Length: {Encoding.UTF8.GetByteCount(entity)}\r\n\r\n{entity}", CancellationToken.None);
}
