using System.Globalization;
using System.Text;

namespace OrleansBosh.Load.Http;

/// <summary>
/// Reads answers off one connection, one after the other, and is strict where real clients break: line ends, header syntax,
/// a Content-Length that is missing, doubled, or larger than what follows. Not thread-safe: <see cref="BoshConnection"/> gives turns.
/// </summary>
internal sealed class HttpAnswerReader(Stream stream, int maxEntityBytes)
{
    private const int MaxHeadBytes = 64 * 1024;

    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>Bytes that arrived and were not claimed by an answer yet.</summary>
    public int BufferedBytes => _end - _start;

    /// <summary>All bytes read from the connection so far.</summary>
    public long BytesRead { get; private set; }

    public async Task<HttpAnswer> ReadAsync(bool isHeadAnswer, CancellationToken cancellation)
    {
        var interim = new List<int>();
        while (true)
        {
            var head = ParseHead(await ReadHeadAsync(cancellation));
            if (head.Status is >= 100 and < 200 && head.Status != 101)
            {
                interim.Add(head.Status);
                continue;
            }

            var framing = FramingOf(head, isHeadAnswer, out var length);
            var entity = framing switch
            {
                HttpFraming.None => [],
                HttpFraming.ContentLength => await ReadExactlyAsync(length, cancellation),
                HttpFraming.Chunked => await ReadChunksAsync(cancellation),
                _ => await ReadToCloseAsync(cancellation),
            };
            return head with { Entity = entity, Framing = framing, Interim = interim };
        }
    }

    /// <summary>Everything until the server closes; a reset ends it as well.</summary>
    public async Task<byte[]> ReadToCloseAsync(CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        do
        {
            all.Write(_buffer, _start, BufferedBytes);
            _start = _end;
            CheckEntity(all.Length);
        }
        while (await FillAsync(cancellation) > 0);
        return all.ToArray();
    }

    private async Task<string> ReadHeadAsync(CancellationToken cancellation)
    {
        var searched = 0;
        while (true)
        {
            var length = _buffer.AsSpan(_start + searched, BufferedBytes - searched).IndexOf("\r\n\r\n"u8);
            if (length >= 0)
            {
                length += searched;
                var head = Encoding.Latin1.GetString(_buffer, _start, length);
                _start += length + 4;
                return head;
            }

            // The separator may be cut in two by the end of what is here.
            searched = Math.Max(0, BufferedBytes - 3);
            if (BufferedBytes > MaxHeadBytes)
                throw new HttpSyntaxException($"The head of the answer is larger than {MaxHeadBytes} bytes.");
            if (await FillAsync(cancellation) == 0)
            {
                throw new EndOfStreamException(BufferedBytes == 0
                    ? "The server closed the connection without an answer."
                    : "The server closed the connection within the head of an answer.");
            }
        }
    }

    private static HttpAnswer ParseHead(string head)
    {
        var lines = head.Split("\r\n");
        if (head.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().IndexOfAny('\r', '\n') >= 0)
            throw new HttpSyntaxException("A header line does not end with CRLF.");

        // HTTP-version SP 3DIGIT SP [reason]
        var status = lines[0];
        var isStatusLine = status.Length >= 13 && status.StartsWith("HTTP/1.", StringComparison.Ordinal)
            && status[8] == ' ' && status[12] == ' ';
        if (!int.TryParse(isStatusLine ? status.AsSpan(9, 3) : [], NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            throw new HttpSyntaxException($"Not a status line: '{status}'.");

        var headers = new List<KeyValuePair<string, string>>(lines.Length - 1);
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line.AsSpan(0, colon).ContainsAny(' ', '\t'))
                throw new HttpSyntaxException($"Not a header line: '{line}'.");
            headers.Add(new(line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        return new HttpAnswer(status[..8], code, status[13..], headers, [], HttpFraming.None);
    }

    private HttpFraming FramingOf(HttpAnswer head, bool isHeadAnswer, out int length)
    {
        length = 0;
        var lengths = head.HeaderValues("Content-Length").ToList();
        var codings = head.HeaderValues("Transfer-Encoding").ToList();
        if (lengths.Count > 1)
            throw new HttpSyntaxException("Content-Length is given more than once.");
        if (lengths.Count == 1 && codings.Count > 0)
            throw new HttpSyntaxException("Both Content-Length and Transfer-Encoding are given.");
        if (lengths.Count == 1 && !int.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture, out length))
            throw new HttpSyntaxException($"Not a Content-Length: '{lengths[0]}'.");
        if (isHeadAnswer || head.Status is 204 or 304)
            return HttpFraming.None;
        CheckEntity(length);
        if (lengths.Count == 1)
            return HttpFraming.ContentLength;
        if (codings.Count == 0)
            return HttpFraming.UntilClose;
        if (codings.Count > 1 || !codings[0].Equals("chunked", StringComparison.OrdinalIgnoreCase))
            throw new HttpSyntaxException($"Not a known Transfer-Encoding: '{string.Join(", ", codings)}'.");
        return HttpFraming.Chunked;
    }

    private async Task<byte[]> ReadChunksAsync(CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        while (true)
        {
            var line = await ReadLineAsync(cancellation);
            var digits = line.Split(';')[0].Trim();
            if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size) || size < 0)
                throw new HttpSyntaxException($"Not a chunk size: '{line}'.");
            if (size == 0)
                break;
            CheckEntity(all.Length + size);
            all.Write(await ReadExactlyAsync(size, cancellation));
            if ((await ReadLineAsync(cancellation)).Length > 0)
                throw new HttpSyntaxException("A chunk is longer than its size.");
        }

        while ((await ReadLineAsync(cancellation)).Length > 0)
        {
            // A trailer field: allowed, and of no interest.
        }

        return all.ToArray();
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start, BufferedBytes).IndexOf("\r\n"u8);
            if (length >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, length);
                _start += length + 2;
                return line;
            }

            if (BufferedBytes > MaxHeadBytes)
                throw new HttpSyntaxException("A line of the chunked coding does not end.");
            if (await FillAsync(cancellation) == 0)
                throw new EndOfStreamException("The server closed the connection within a chunked entity.");
        }
    }

    private async Task<byte[]> ReadExactlyAsync(int length, CancellationToken cancellation)
    {
        var entity = new byte[length];
        var have = Math.Min(BufferedBytes, length);
        _buffer.AsSpan(_start, have).CopyTo(entity);
        _start += have;
        while (have < length)
        {
            var count = await stream.ReadAsync(entity.AsMemory(have), cancellation);
            if (count == 0)
                throw new EndOfStreamException($"The server closed the connection after {have} of {length} bytes of the entity.");
            BytesRead += count;
            have += count;
        }

        return entity;
    }

    private async Task<int> FillAsync(CancellationToken cancellation)
    {
        if (_start == _end)
            _start = _end = 0;
        if (_end == _buffer.Length)
        {
            var target = BufferedBytes > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
            Buffer.BlockCopy(_buffer, _start, target, 0, BufferedBytes);
            (_buffer, _start, _end) = (target, 0, BufferedBytes);
        }

        var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
        BytesRead += count;
        _end += count;
        return count;
    }

    private void CheckEntity(long length)
    {
        if (length > maxEntityBytes)
            throw new HttpSyntaxException($"The entity has {length} bytes or more; this client reads at most {maxEntityBytes}.");
    }
}
