namespace OrleansBosh.Load.Xmpp;

/// <summary>The client's side of one SASL authentication; messages are plain text, the caller does the base64.</summary>
public interface ISaslExchange
{
    /// <summary>The initial response.</summary>
    string First();

    /// <summary>The response to a challenge.</summary>
    /// <exception cref="LoginException">The challenge is not one of this mechanism.</exception>
    string Respond(string challenge);

    /// <summary>Checks the additional data of the success.</summary>
    /// <exception cref="LoginException">The server did not prove that it knows the password.</exception>
    void Finish(string? additionalData);
}
