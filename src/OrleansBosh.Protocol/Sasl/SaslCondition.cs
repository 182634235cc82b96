namespace OrleansBosh.Protocol.Sasl;

/// <summary>The failure conditions of RFC 6120 §6.5 that this server sends.</summary>
public static class SaslCondition
{
    /// <summary>The client sent <c>&lt;abort/&gt;</c>; the stream says it, after <see cref="SaslServer.Abort"/>.</summary>
    public const string Aborted = "aborted";

    /// <summary>Base64 that is none; the stream says it when it decodes the element, the mechanisms when they decode their own.</summary>
    public const string IncorrectEncoding = "incorrect-encoding";
    public const string InvalidAuthzid = "invalid-authzid";
    public const string InvalidMechanism = "invalid-mechanism";
    public const string MalformedRequest = "malformed-request";
    public const string NotAuthorized = "not-authorized";

    /// <summary>The account store is out of order; the stream says it.</summary>
    public const string TemporaryAuthFailure = "temporary-auth-failure";
}
