namespace OrleansBosh.Protocol.Bosh;

/// <summary>The terminal conditions of XEP-0124 §17.2, with the HTTP status of §17.1 for clients without <c>ver</c>.</summary>
public enum BoshCondition
{
    /// <summary>An ordinary end: <c>type='terminate'</c> without <c>condition</c>.</summary>
    None,
    BadRequest,
    HostGone,
    HostUnknown,
    ImproperAddressing,
    InternalServerError,
    ItemNotFound,
    OtherRequest,
    PolicyViolation,
    RemoteConnectionFailed,
    RemoteStreamError,
    SeeOtherUri,
    SystemShutdown,
    UndefinedCondition,
}

public static class BoshConditions
{
    /// <summary>The value of the attribute <c>condition</c>; null for <see cref="BoshCondition.None"/>.</summary>
    public static string? ToWire(this BoshCondition condition) => condition switch
    {
        BoshCondition.None => null,
        BoshCondition.BadRequest => "bad-request",
        BoshCondition.HostGone => "host-gone",
        BoshCondition.HostUnknown => "host-unknown",
        BoshCondition.ImproperAddressing => "improper-addressing",
        BoshCondition.InternalServerError => "internal-server-error",
        BoshCondition.ItemNotFound => "item-not-found",
        BoshCondition.OtherRequest => "other-request",
        BoshCondition.PolicyViolation => "policy-violation",
        BoshCondition.RemoteConnectionFailed => "remote-connection-failed",
        BoshCondition.RemoteStreamError => "remote-stream-error",
        BoshCondition.SeeOtherUri => "see-other-uri",
        BoshCondition.SystemShutdown => "system-shutdown",
        _ => "undefined-condition",
    };

    /// <summary>The HTTP status: always 200, except for clients that sent no <c>ver</c> at creation (B-LEG-02).</summary>
    public static int HttpStatus(this BoshCondition condition, bool isLegacyClient) => (isLegacyClient, condition) switch
    {
        (true, BoshCondition.BadRequest) => 400,
        (true, BoshCondition.PolicyViolation) => 403,
        (true, BoshCondition.ItemNotFound) => 404,
        _ => 200,
    };
}
