using System.Globalization;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Live;

namespace OrleansBosh.Load.Bosh;

/// <summary>What a session asks for at its creation, and how the client behaves on the wire.</summary>
public sealed record BoshClientOptions
{
    /// <summary>The BOSH URLs of the nodes: the session starts at the first, the others are tried when a node does not answer.</summary>
    public required IReadOnlyList<Uri> Nodes { get; init; }

    /// <summary>The XMPP domain (<c>to</c>); null leaves the attribute out.</summary>
    public required string? Domain { get; init; }

    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(60);
    public int Hold { get; init; } = 1;

    /// <summary>The version of BOSH; null makes a legacy client that gets HTTP error codes.</summary>
    public string? Ver { get; init; } = "1.11";

    public string? Lang { get; init; } = "en";

    /// <summary>The Content-Type that the server shall use in its answers.</summary>
    public string? Content { get; init; }

    /// <summary>Whether the client acknowledges answers (XEP-0124 §9.2).</summary>
    public bool Ack { get; init; }

    /// <summary>The rid of the creation request; null draws one.</summary>
    public long? FirstRid { get; init; }

    /// <summary>Seeds everything that is drawn; null draws the seed as well.</summary>
    public int? Seed { get; init; }

    /// <summary>Whether the client goes to the node that the <c>host</c> attribute names, as Tigase's clients do; others ignore it.</summary>
    public bool FollowHost { get; init; }

    /// <summary>Live layer: whether every request, and every repeat of one, goes to a node drawn at random, as behind a balancer.</summary>
    public bool SpreadsRequests { get; init; }

    /// <summary>Further attributes of the creation request, or other values for the usual ones; a null value leaves one out.</summary>
    public IReadOnlyList<(string Name, string? Value)> Attributes { get; init; } = [];

    /// <summary>The Content-Type of the requests; null leaves the header out.</summary>
    public string? RequestContentType { get; init; } = "text/xml; charset=utf-8";

    /// <summary>Further HTTP headers of every request (an Origin, say).</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public BoshConnectionOptions Connections { get; init; } = BoshConnectionOptions.Default;

    /// <summary>Live layer: connections in use at the same time; real clients have two.</summary>
    public int MaxConnections { get; init; } = 2;

    /// <summary>
    /// Live layer: how long after an answer the application may still have something to say before an empty request goes out: what follows
    /// at once travels in the request that is due anyway.
    /// </summary>
    public TimeSpan EmptyRequestDelay { get; init; }

    /// <summary>Live layer: the distance that whatever follows an unanswered empty request keeps.</summary>
    public TimeSpan EmptyRequestLead { get; init; }

    /// <summary>Live layer: an answer that comes later than <see cref="Wait"/> and this makes the client give up the connection and repeat.</summary>
    public TimeSpan AnswerGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Live layer: how long a request is repeated before the session is given up.</summary>
    public TimeSpan RecoveryLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Live layer: the share (0 to 1) of requests whose connection is reset at a random moment within 20 ms.</summary>
    public double CutShare { get; init; }

    /// <summary>Live layer: stanzas that may wait to be sent before <c>SendAsync</c> waits itself.</summary>
    public int MaxUnsent { get; init; } = 256;

    /// <summary>Live layer: stanzas that may wait to be read. When there are more, the session fails rather than lose one.</summary>
    public int MaxUnread { get; init; } = 16 * 1024;

    /// <summary>Live layer: the most stanzas in one request.</summary>
    public int MaxBatch { get; init; } = 64;

    /// <summary>Live layer: where figures are added up; several clients may share one.</summary>
    public ClientMetrics Metrics { get; init; } = new();

    /// <summary>The attributes of the creation request, in the order in which they are written.</summary>
    internal List<(string Name, string? Value)> CreationAttributes(long rid)
    {
        var usual = new List<(string Name, string? Value)>
        {
            ("content", Content),
            ("hold", Hold.ToString(CultureInfo.InvariantCulture)),
            ("rid", rid.ToString(CultureInfo.InvariantCulture)),
            ("to", Domain),
            ("ver", Ver),
            ("wait", ((long)Wait.TotalSeconds).ToString(CultureInfo.InvariantCulture)),
            ("ack", Ack ? "1" : null),
            ("xml:lang", Lang),
            ("xmpp:version", "1.0"),
        };
        return Override(usual, Attributes);
    }

    /// <summary>Puts other values in the place of the usual ones and the unknown names behind them.</summary>
    internal static List<(string Name, string? Value)> Override(
        List<(string Name, string? Value)> usual, IEnumerable<(string Name, string? Value)> other)
    {
        foreach (var attribute in other)
        {
            var index = usual.FindIndex(a => a.Name == attribute.Name);
            if (index < 0)
                usual.Add(attribute);
            else
                usual[index] = attribute;
        }

        return usual;
    }
}
