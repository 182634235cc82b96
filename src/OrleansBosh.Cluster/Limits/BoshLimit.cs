namespace OrleansBosh.Cluster.Limits;

/// <summary>What an operator has bounded. Each time that one of them keeps something out is counted under its name.</summary>
public enum BoshLimit
{
    /// <summary>Bytes of the entity of a request.</summary>
    Entity,

    /// <summary>Bytes of one stanza.</summary>
    StanzaBytes,

    /// <summary>The same, smaller, for who has not logged in.</summary>
    StanzaBytesBeforeLogin,

    /// <summary>Nesting of elements in a stanza.</summary>
    StanzaDepth,

    /// <summary>Attributes of one element.</summary>
    Attributes,

    /// <summary>Stanzas in one request.</summary>
    Payloads,

    /// <summary>Stanzas or bytes that wait for a client's next request.</summary>
    ClientQueue,

    /// <summary>New sessions of one address in a time.</summary>
    CreationRate,

    /// <summary>Requests of one address in a time with a sid that was never given out.</summary>
    BadSidRate,

    /// <summary>Requests of one address in a time with the sid of a session that is gone.</summary>
    GoneSidRate,

    /// <summary>New accounts that one address asks for in a time.</summary>
    RegistrationRate,

    /// <summary>Sessions of one address at the same time.</summary>
    SessionsPerAddress,

    /// <summary>Sessions of this node at the same time.</summary>
    Sessions,

    /// <summary>Sessions of one user at the same time.</summary>
    SessionsPerUser,

    /// <summary>The time until a session has logged in and bound a resource.</summary>
    NegotiationTime,
}
