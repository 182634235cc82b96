using System.IO.Compression;
using Microsoft.Net.Http.Headers;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>Compresses an answer where the client accepts it (B-COMP-01). The whole answer at once, since its length must be known.</summary>
internal static class AnswerCompression
{
    /// <summary>Smaller answers would hardly shrink (B-COMP-04).</summary>
    private const int SmallestBytes = 1024;

    private static readonly string[] Codings = ["br", "gzip"];

    /// <summary>The coding to use, or null: the client's order of preference first, then ours.</summary>
    public static string? ChooseCoding(IHeaderDictionary request, int length)
    {
        if (length < SmallestBytes) return null;
        if (!StringWithQualityHeaderValue.TryParseList(request.AcceptEncoding, out var accepted)) return null;
        return Codings
            .Select(coding => (Coding: coding, Quality: QualityOf(coding, accepted)))
            .Where(choice => choice.Quality > 0)
            .OrderByDescending(choice => choice.Quality)
            .FirstOrDefault()
            .Coding;
    }

    public static byte[] Compress(string coding, byte[] entity)
    {
        using var output = new MemoryStream(entity.Length / 2);
        using (Stream coder = coding == "br" ? new BrotliStream(output, CompressionLevel.Fastest) : new GZipStream(output, CompressionLevel.Fastest))
        {
            coder.Write(entity);
        }

        return output.ToArray();
    }

    // Named codings only: a client that says "*" does not promise to know a particular one.
    private static double QualityOf(string coding, IList<StringWithQualityHeaderValue> accepted) => accepted
        .Where(value => value.Value.Equals(coding, StringComparison.OrdinalIgnoreCase))
        .Select(value => value.Quality ?? 1)
        .FirstOrDefault();
}
