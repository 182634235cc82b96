namespace OrleansBosh.Protocol.Sasl;

/// <summary>What one stream's SASL negotiation offers and how it hides which accounts exist.</summary>
/// <param name="Domain">The prepared domain; an authorization identity must be a bare JID of it.</param>
/// <param name="OfferPlain">PLAIN may be used: the client's connection is encrypted, or the operator allows it without.</param>
/// <param name="OfferAnonymous">Guests are allowed.</param>
/// <param name="DecoySecret">
/// A secret, the same on all nodes and over time, from which unknown accounts get salts that look like stored ones.
/// </param>
public sealed record SaslSettings(string Domain, bool OfferPlain, bool OfferAnonymous, byte[] DecoySecret)
{
    /// <summary>The iteration count shown for unknown accounts: the one that new passwords get, or they would stand out.</summary>
    public int DecoyIterations { get; init; } = ScramCredentials.DefaultIterations;
}
