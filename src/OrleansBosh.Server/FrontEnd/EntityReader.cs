using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>How the entity of a request ended.</summary>
internal enum EntityEnd
{
    Complete,
    Empty,

    /// <summary>Over the limit; the rest was not read (HTTP 413).</summary>
    TooLarge,

    /// <summary>It has a Content-Encoding, and none was offered (HTTP 415).</summary>
    Compressed,

    /// <summary>The upload stalled (HTTP 408).</summary>
    Stalled,

    /// <summary>A broken chunk, or an end before the announced length (HTTP 400).</summary>
    Malformed,

    /// <summary>The connection broke; nobody waits for an answer.</summary>
    Broken,
}

/// <summary>Reads a request's entity into one exact array, never keeping more than has arrived.</summary>
internal static class EntityReader
{
    /// <summary>More than nearly every body; a larger one grows as it arrives, whatever its Content-Length claims.</summary>
    private const int FirstBytes = 16 * 1024;

    public static async ValueTask<(EntityEnd End, ReadOnlyMemory<byte> Entity)> ReadAsync(HttpRequest request, int maxBytes)
    {
        if (request.ContentLength > maxBytes) return (EntityEnd.TooLarge, default);
        var expected = (int)(request.ContentLength ?? FirstBytes);
        var buffer = new byte[Math.Min(Math.Max(expected, 1), FirstBytes)];
        var length = 0;
        var reader = request.BodyReader;
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync();
                var chunk = result.Buffer;
                if (length + chunk.Length > maxBytes)
                {
                    reader.AdvanceTo(chunk.End);
                    return (EntityEnd.TooLarge, default);
                }

                if (length + chunk.Length > buffer.Length)
                {
                    Array.Resize(ref buffer, (int)Math.Min(Math.Max(length + chunk.Length, 2L * buffer.Length), maxBytes));
                }

                chunk.CopyTo(buffer.AsSpan(length));
                length += (int)chunk.Length;
                reader.AdvanceTo(chunk.End);
                if (result.IsCompleted) return (length == 0 ? EntityEnd.Empty : EntityEnd.Complete, buffer.AsMemory(0, length));
            }
        }
        catch (BadHttpRequestException exception)
        {
            return (exception.StatusCode == StatusCodes.Status408RequestTimeout ? EntityEnd.Stalled : EntityEnd.Malformed, default);
        }
        catch (Exception exception) when (exception is ConnectionResetException or ConnectionAbortedException or OperationCanceledException)
        {
            return (EntityEnd.Broken, default);
        }
    }
}
