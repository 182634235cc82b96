using System.Diagnostics.Metrics;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>
/// What this node counts: the Meter <c>OrleansBosh</c>. Names and units follow the OpenTelemetry conventions, nothing here names a client.
/// The tags are made once; a count that nobody listens to costs a comparison.
/// </summary>
public sealed class BoshMeter
{
    public const string Name = "OrleansBosh";

    private static readonly KeyValuePair<string, object?>[] Conditions = Tags<BoshCondition>("bosh.condition", ConditionName);
    private static readonly KeyValuePair<string, object?>[] Causes = Tags<SessionEndCause>("bosh.end.cause", SnakeName);
    private static readonly KeyValuePair<string, object?>[] Kinds = Tags<BoshRequestKind>("bosh.request.kind", SnakeName);
    private static readonly KeyValuePair<string, object?>[] Limits = Tags<BoshLimit>("bosh.limit", SnakeName);

    private readonly Counter<long> _opened;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _forwarded;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _limited;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;

    /// <summary>Creates the instruments. The factory owns the meter.</summary>
    public BoshMeter(IMeterFactory meters, LocalSessions sessions)
    {
        var meter = meters.Create(Name);
        // Up-down counters, the observed values that add up over nodes; of gauges a backend would take the average.
        meter.CreateObservableUpDownCounter(
            "bosh.server.active_sessions", () => sessions.Count, "{session}", "Sessions that this node owns, those that have just ended included.");
        meter.CreateObservableUpDownCounter(
            "bosh.server.held_requests", () => sessions.HeldRequests, "{request}", "Requests that wait for something to deliver.");
        _opened = meter.CreateCounter<long>("bosh.server.opened_sessions", "{session}", "Sessions opened at this node.");
        _ended = meter.CreateCounter<long>("bosh.server.ended_sessions", "{session}", "Sessions ended, by cause and condition.");
        _requests = meter.CreateCounter<long>("bosh.server.requests", "{request}", "Requests that reached their session here, by kind.");
        _forwarded = meter.CreateCounter<long>(
            "bosh.server.forwarded_requests", "{request}", "Requests whose session this node does not own: forwarded to the one that does, if it lives.");
        _refused = meter.CreateCounter<long>(
            "bosh.server.refused_requests", "{request}", "Requests that touched no session, by the condition they were answered with.");
        _limited = meter.CreateCounter<long>("bosh.server.limit_hits", "{hit}", "What a limit has kept out or ended, by limit.");
        _received = meter.CreateCounter<long>("bosh.server.received", "By", "Bytes of the entities of requests, before parsing.");
        _sent = meter.CreateCounter<long>("bosh.server.sent", "By", "Bytes of the entities of answers, before compression.");
    }

    /// <summary>A front end read the entity of a POST.</summary>
    public void EntityReceived(int bytes) => _received.Add(bytes);

    /// <summary>A front end answers a POST.</summary>
    public void EntitySent(int bytes) => _sent.Add(bytes);

    /// <summary>A request arrived at a front end that is not its session's owner's.</summary>
    public void RequestForwarded() => _forwarded.Add(1);

    /// <summary>
    /// A request touched no session: it cannot be read, may not create, its sid is not known, or, with <see cref="BoshCondition.None"/>, it
    /// was not answered at all (B-SEC-02).
    /// </summary>
    public void RequestRefused(BoshCondition condition) => _refused.Add(1, Conditions[(int)condition]);

    /// <summary>A limit kept a request, a session or a stanza out, or ended a session.</summary>
    public void LimitHit(BoshLimit limit) => _limited.Add(1, Limits[(int)limit]);

    internal void RequestArrived(BoshRequestKind kind) => _requests.Add(1, Kinds[(int)kind]);

    internal void SessionOpened() => _opened.Add(1);

    internal void SessionEnded(SessionEnd end)
    {
        _ended.Add(1, Causes[(int)end.Cause], Conditions[(int)end.Condition]);
        if (LimitBehind(end.Cause) is { } limit) LimitHit(limit);
    }

    private static BoshLimit? LimitBehind(SessionEndCause cause) => cause switch
    {
        SessionEndCause.Negotiation => BoshLimit.NegotiationTime,
        SessionEndCause.Queue => BoshLimit.ClientQueue,
        SessionEndCause.StanzaBeforeLogin => BoshLimit.StanzaBytesBeforeLogin,
        _ => null,
    };

    private static KeyValuePair<string, object?>[] Tags<T>(string key, Func<T, string> nameOf)
        where T : struct, Enum
    {
        // The arrays are indexed by the values, which C# numbers from 0 without gaps as long as nobody assigns them.
        var values = Enum.GetValues<T>();
        return [.. values.Select(value => new KeyValuePair<string, object?>(key, nameOf(value)))];
    }

    private static string ConditionName(BoshCondition condition) => condition.ToWire() ?? "none";

    private static string SnakeName<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}
