using OrleansBosh.Protocol.Xml;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Bosh;

/// <summary>
/// A request's <c>&lt;body/&gt;</c> as it was read at the door: attributes unescaped but not interpreted (the engine decides what a bad
/// <c>wait</c> means), payloads as stanzas that stand alone. Null means that the attribute was absent.
/// </summary>
public sealed record BoshBody
{
    /// <summary>A request whose <c>rid</c> is missing or no valid one.</summary>
    public const long NoRid = 0;

    /// <summary>
    /// 1 … 2⁵³−1 (B-RID-01), or <see cref="NoRid"/>: that is for the session to refuse, since it alone knows whether its client is a legacy
    /// one (B-LEG-02).
    /// </summary>
    public required long Rid { get; init; }

    public string? Sid { get; init; }

    public string? To { get; init; }

    public string? Route { get; init; }

    public string? Lang { get; init; }

    public string? Ver { get; init; }

    /// <summary>No usable <c>ver</c>: in a creation request, the mark of a legacy client (B-ATT-06).</summary>
    public bool IsLegacy => !BoshNegotiation.TryReadVersion(Ver, out _);

    public string? Wait { get; init; }

    public string? Hold { get; init; }

    public string? Ack { get; init; }

    public string? Content { get; init; }

    public string? Type { get; init; }

    public string? Condition { get; init; }

    public string? Pause { get; init; }

    public string? Key { get; init; }

    public string? NewKey { get; init; }

    public string? Stream { get; init; }

    /// <summary>Obsolete since version 1.8 of the XEP, and ignored; who sends it is an old client (B-CRE-09).</summary>
    public string? Secure { get; init; }

    /// <summary><c>restart</c> in the namespace <c>urn:xmpp:xbosh</c> was <c>true</c> or <c>1</c>.</summary>
    public bool Restart { get; init; }

    public IReadOnlyList<Stanza> Payloads { get; init; } = [];
}

/// <summary>What the reader lets through. Bytes are UTF-8 bytes of the entity.</summary>
/// <param name="MaxDepth">Nesting below <c>&lt;body/&gt;</c>; a payload element itself has depth 1.</param>
/// <param name="MaxAttributes">Attributes and namespace declarations of one element.</param>
/// <param name="MaxPayloads">Payload elements of one body.</param>
/// <param name="MaxStanzaBytes">Bytes of one payload element as it came.</param>
public sealed record BoshBodyLimits(int MaxDepth = 64, int MaxAttributes = 64, int MaxPayloads = 256, int MaxStanzaBytes = 256 * 1024);

/// <summary>Why a body was refused.</summary>
/// <param name="Reason">For the debug log; holds nothing of the entity.</param>
/// <param name="Limit">The limit that it went beyond; null when it is malformed.</param>
public sealed record BoshBodyError(string Reason, XmlLimit? Limit)
{
    /// <summary>What to answer.</summary>
    public BoshCondition Condition => Limit is null ? BoshCondition.BadRequest : BoshCondition.PolicyViolation;
}
