namespace OrleansBosh.Load.Xmpp;

/// <summary>A SASL mechanism with its credentials, and the resource to ask for (null: the server chooses).</summary>
public sealed record BoshLogin(string Mechanism, string? User = null, string? Password = null, string? Resource = null)
{
    public static BoshLogin Anonymous() => new("ANONYMOUS");

    public static BoshLogin Plain(string user, string password, string? resource = null) => new("PLAIN", user, password, resource);

    /// <param name="user">The name before the @.</param>
    /// <param name="password">Taken as it is, without SASLprep: use one that preparation does not change.</param>
    /// <param name="resource">The resource to ask for.</param>
    /// <param name="hash">SHA-1, SHA-256 or SHA-512.</param>
    public static BoshLogin Scram(string user, string password, string? resource = null, string hash = "SHA-256") =>
        new($"SCRAM-{hash}", user, password, resource);

    /// <summary>The client's side of one authentication.</summary>
    internal ISaslExchange Start() => Mechanism switch
    {
        "ANONYMOUS" => new OneStepSasl(""),
        "PLAIN" => new OneStepSasl($"\0{User}\0{Password}"),
        "SCRAM-SHA-1" or "SCRAM-SHA-256" or "SCRAM-SHA-512" => new ScramExchange(Mechanism, User ?? "", Password ?? ""),
        _ => throw new ArgumentException($"'{Mechanism}' is not a mechanism that this client knows."),
    };
}
