namespace OrleansBosh.Protocol.Sasl;

/// <summary>What the server side of a SASL exchange wants next.</summary>
public abstract record SaslStep
{
    private SaslStep()
    {
    }

    /// <summary>Send <paramref name="Data"/> in a <c>&lt;challenge/&gt;</c> and call <c>Respond</c> with the client's response.</summary>
    public sealed record Challenge(byte[] Data) : SaslStep;

    /// <summary>Look the account up and call <c>Supply</c>, with null when there is no such account.</summary>
    /// <param name="Local">The prepared local part of the account.</param>
    public sealed record NeedCredentials(string Local) : SaslStep;

    /// <summary>Authenticated.</summary>
    /// <param name="Local">The prepared local part; null for a guest (ANONYMOUS), who is given one.</param>
    /// <param name="Data">Additional data for <c>&lt;success/&gt;</c>, for SCRAM the server signature; null for none.</param>
    public sealed record Success(string? Local, byte[]? Data) : SaslStep;

    /// <summary>Refused with a condition of RFC 6120 §6.5, for example <c>not-authorized</c>. The exchange is over; a new one may begin.</summary>
    public sealed record Failure(string Condition) : SaslStep;
}
