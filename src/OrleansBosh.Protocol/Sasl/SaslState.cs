namespace OrleansBosh.Protocol.Sasl;

/// <summary>Where an exchange stands: plain data, so that it can be captured at every moment.</summary>
internal abstract record SaslState
{
    public static readonly SaslState Idle = new Nothing();

    private SaslState()
    {
    }

    /// <summary>Only the name: the members of some states are secrets, which no log may get by accident.</summary>
    public sealed override string ToString() => GetType().Name;

    /// <summary>No exchange is going on.</summary>
    public sealed record Nothing : SaslState;

    /// <summary>An empty challenge was sent; the client's first message is to come.</summary>
    public sealed record Asked(string Mechanism) : SaslState;

    /// <summary>The caller looks the account up.</summary>
    public sealed record PlainWaiting(string Local, string Password) : SaslState;

    /// <summary>The caller looks the account up.</summary>
    public sealed record ScramWaiting(ScramHash Hash, string Local, ScramClientFirst First) : SaslState;

    /// <summary>The client has salt and nonce; its proof is to come.</summary>
    /// <param name="Hash">The mechanism's hash function.</param>
    /// <param name="Local">The prepared account name.</param>
    /// <param name="First">The client's first message.</param>
    /// <param name="Nonce">The client's nonce and ours behind it.</param>
    /// <param name="ServerFirst">Our message, word by word.</param>
    /// <param name="Keys">The account's keys, or a decoy's.</param>
    /// <param name="IsKnown">The account exists; without, no proof is good.</param>
    public sealed record ScramChallenged(
        ScramHash Hash, string Local, ScramClientFirst First, string Nonce, string ServerFirst, ScramKeys Keys, bool IsKnown) : SaslState;
}
