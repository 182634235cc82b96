using System.Globalization;
using System.Text;

namespace OrleansBosh.Load.Http;

/// <summary>
/// Writes well-formed HTTP/1.1 requests. A malformed one is simply other bytes given to <see cref="BoshConnection.SendAsync"/>.
/// </summary>
public static class HttpRequestText
{
    /// <summary>A POST as a BOSH client sends it, with Content-Length.</summary>
    public static byte[] Post(
        Uri url,
        ReadOnlySpan<byte> entity,
        string? contentType = "text/xml; charset=utf-8",
        params IEnumerable<(string Name, string Value)> headers) =>
        Of("POST", url, entity, contentType is null ? headers : headers.Prepend(("Content-Type", contentType)));

    /// <summary>Any method: OPTIONS, GET, PUT … without an entity no Content-Length is written.</summary>
    public static byte[] Of(string method, Uri url, params IEnumerable<(string Name, string Value)> headers) =>
        Encoding.Latin1.GetBytes(Head(method, url, headers).Append("\r\n").ToString());

    /// <summary>Any method with an entity.</summary>
    public static byte[] Of(string method, Uri url, ReadOnlySpan<byte> entity, params IEnumerable<(string Name, string Value)> headers)
    {
        var head = Head(method, url, headers);
        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {entity.Length}\r\n\r\n");
        var bytes = new byte[head.Length + entity.Length];
        Encoding.Latin1.GetBytes(head.ToString(), bytes);
        entity.CopyTo(bytes.AsSpan(head.Length));
        return bytes;
    }

    private static StringBuilder Head(string method, Uri url, IEnumerable<(string Name, string Value)> headers)
    {
        var head = new StringBuilder(256);
        head.Append(CultureInfo.InvariantCulture, $"{method} {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\n");
        foreach (var (name, value) in headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        return head;
    }
}
