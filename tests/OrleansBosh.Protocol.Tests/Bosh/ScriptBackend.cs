using System.Xml.Linq;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>What stands behind a scripted session: it confirms at once or when told, and answers as the script says.</summary>
internal sealed class ScriptBackend
{
    /// <summary>False: nothing is taken until <see cref="SessionScript.Confirm"/>.</summary>
    public bool ConfirmsAtOnce { get; set; } = true;

    /// <summary>What the backend says while it takes an item. By default: features to a stream, a result to an iq get.</summary>
    public Func<OutboxItem, IEnumerable<Stanza>> Replies { get; set; } = UsualReplies;

    /// <summary>Everything that was handed over, repeats included.</summary>
    public List<OutboxItem> Seen { get; } = [];

    /// <summary>Ids of the stanzas that were handed over.</summary>
    public IEnumerable<string> Ids => Seen.Where(item => item.Kind == OutboxKind.Stanza).Select(item => item.Stanza!.Id ?? item.Stanza.Name);

    public int Restarts => Seen.Count(item => item.Kind == OutboxKind.Restart);

    public bool IsClosed => Seen.Exists(item => item.Kind == OutboxKind.Close);

    /// <summary>Ids of what no client has seen when the stream was closed.</summary>
    public string[] Undelivered => [.. Seen.Single(item => item.Kind == OutboxKind.Close).Undelivered!.Select(stanza => stanza.Id ?? stanza.Name)];

    public static Stanza Features { get; } = Stanza.Create(
        "features", Ns.Stream, default, [], new XElement(XName.Get("mechanisms", Ns.Sasl), new XElement(XName.Get("mechanism", Ns.Sasl), "PLAIN")));

    public static IEnumerable<Stanza> Silence(OutboxItem item) => [];

    private static IEnumerable<Stanza> UsualReplies(OutboxItem item) => item switch
    {
        { Kind: OutboxKind.Open or OutboxKind.Restart } => [Features],
        { Stanza: { Kind: StanzaKind.Iq, Type: "get" } get } => [Stanza.Create("iq", new(get.To, get.From, get.Id, "result", null))],
        _ => [],
    };
}
