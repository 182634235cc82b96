namespace OrleansBosh.Protocol.Bosh;

/// <summary>One HTTP answer, rendered once; a repeat of its request gets the same bytes (B-RTX-01).</summary>
/// <param name="Status">The HTTP status; 200 but for legacy clients (B-LEG-02).</param>
/// <param name="ContentType">What the client asked for with <c>content</c>, or the default (B-ATT-11).</param>
/// <param name="Entity">The <c>&lt;body/&gt;</c> in UTF-8. Never to be written to.</param>
public sealed record BoshAnswer(int Status, string ContentType, byte[] Entity)
{
    /// <summary>The Content-Type of answers to clients that asked for none (B-ATT-11).</summary>
    public const string DefaultContentType = "text/xml; charset=utf-8";
}
