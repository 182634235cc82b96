namespace OrleansBosh.Load.Xmpp;

/// <summary>Authentication, resource binding or registration was refused. After a refused authentication the session can be used again.</summary>
public sealed class LoginException(string condition, string? text = null)
    : Exception($"Login failed: {condition}{(text is null ? "" : $" ({text})")}.")
{
    /// <summary>The condition that the server gave (<c>not-authorized</c>), or what this client found wrong.</summary>
    public string Condition { get; } = condition;
}
