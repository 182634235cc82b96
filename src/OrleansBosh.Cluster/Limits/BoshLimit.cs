namespace OrleansBosh.Cluster.Limits;

/// <summary>What an operator has bounded. Each time that one of them keeps something out is counted under its name.</summary>
public enum BoshLimit
{
    /// <summary>Bytes of the entity of a request.</summary>
    Entity,

    /// <summary>Size, depth, attributes or number of the payloads of a body.</summary>
    Content,

    /// <summary>Stanzas or bytes that wait for a client's next request.</summary>
    ClientQueue,

    /// <summary>New sessions of one address in a time.</summary>
    CreationRate,

    /// <summary>Requests of one address in a time with a sid that no session has.</summary>
    BadSidRate,

    /// <summary>New accounts that one address asks for in a time.</summary>
    RegistrationRate,

    /// <summary>Sessions of one address at the same time.</summary>
    SessionsPerAddress,

    /// <summary>Sessions of one user at the same time.</summary>
    SessionsPerUser,

    /// <summary>The time until a session has logged in and bound a resource.</summary>
    NegotiationTime,
}
