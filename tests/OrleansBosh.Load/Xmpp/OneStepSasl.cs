namespace OrleansBosh.Load.Xmpp;

/// <summary>PLAIN and ANONYMOUS: everything is said in the initial response.</summary>
internal sealed class OneStepSasl(string first) : ISaslExchange
{
    public string First() => first;

    public string Respond(string challenge) => throw new LoginException("unexpected-challenge");

    public void Finish(string? additionalData)
    {
        if (!string.IsNullOrEmpty(additionalData))
            throw new LoginException("unexpected-success-data");
    }
}
