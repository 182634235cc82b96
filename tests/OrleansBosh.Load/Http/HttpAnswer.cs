using System.Text;

namespace OrleansBosh.Load.Http;

/// <summary>One HTTP answer as it stood on the wire, with its entity after removal of the transfer coding.</summary>
public sealed record HttpAnswer(
    string Version,
    int Status,
    string Reason,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    byte[] Entity,
    HttpFraming Framing)
{
    /// <summary>Statuses of the interim answers (100, 103) that came first.</summary>
    public IReadOnlyList<int> Interim { get; init; } = [];

    /// <summary>Whether another request may be sent on the same connection.</summary>
    public bool KeepsAlive =>
        Framing != HttpFraming.UntilClose
        && !HasToken("Connection", "close")
        && (Version != "HTTP/1.0" || HasToken("Connection", "keep-alive"));

    /// <summary>The entity as UTF-8 text.</summary>
    public string Text => Encoding.UTF8.GetString(Entity);

    /// <summary>The value of the first header of that name, or null.</summary>
    public string? Header(string name) => HeaderValues(name).FirstOrDefault();

    /// <summary>The values of all headers of that name, in the order of the wire.</summary>
    public IEnumerable<string> HeaderValues(string name) =>
        Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value);

    private bool HasToken(string name, string token) =>
        HeaderValues(name).SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries))
            .Any(t => t.Equals(token, StringComparison.OrdinalIgnoreCase));
}
