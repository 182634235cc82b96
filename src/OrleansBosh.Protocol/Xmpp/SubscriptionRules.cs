namespace OrleansBosh.Protocol.Xmpp;

/// <summary>How a user and one contact stand to each other, seen from the user (RFC 6121 Appendix A.1).</summary>
/// <param name="To">The user gets the contact's presence.</param>
/// <param name="From">The contact gets the user's presence.</param>
/// <param name="PendingOut">The user has asked for the contact's presence and has no answer yet.</param>
/// <param name="PendingIn">The contact has asked for the user's presence and has no answer yet.</param>
/// <param name="Approved">The user has approved a request that the contact has not made yet (RFC 6121 §3.4).</param>
public readonly record struct SubscriptionState(bool To, bool From, bool PendingOut, bool PendingIn, bool Approved)
{
    /// <summary>The <c>subscription</c> attribute of a roster item.</summary>
    public string Name => (To, From) switch
    {
        (true, true) => "both",
        (true, false) => "to",
        (false, true) => "from",
        _ => "none",
    };
}

/// <summary>What one subscription stanza causes.</summary>
/// <param name="State">The state from now on.</param>
/// <param name="Route">Outbound only: send the stanza on to the contact.</param>
/// <param name="Deliver">Inbound only: show the stanza to the user's resources.</param>
/// <param name="Push">The roster item has changed visibly.</param>
/// <param name="AutoReply">Inbound only: the type of presence to answer on behalf of the user, or null.</param>
public readonly record struct SubscriptionStep(SubscriptionState State, bool Route, bool Deliver, bool Push, string? AutoReply);

/// <summary>
/// The subscription state machine of RFC 6121 Appendix A with pre-approval (§3.4): P-RT-07. Who gains or loses presence by a step follows
/// from the change of <see cref="SubscriptionState.From"/>.
/// </summary>
public static class SubscriptionRules
{
    public static bool IsSubscriptionType(string? type) => type is "subscribe" or "subscribed" or "unsubscribe" or "unsubscribed";

    /// <summary>The user sends a subscription stanza to the contact (A.2).</summary>
    public static SubscriptionStep Outbound(SubscriptionState state, string type)
    {
        switch (type)
        {
            case "subscribe":
                // Always routed: the contact's side may have forgotten what we believe to have.
                return Out(state, state.To ? state : state with { PendingOut = true }, route: true);
            case "unsubscribe":
                return Out(state, state with { To = false, PendingOut = false }, route: true);
            case "subscribed" when state.PendingIn:
                return Out(state, state with { From = true, PendingIn = false, Approved = false }, route: true);
            case "subscribed":
                // §3.4.2: nobody has asked yet; it is remembered, and the contact learns nothing.
                return Out(state, state.From ? state : state with { Approved = true }, route: false);
            case "unsubscribed":
                return Out(state, state with { From = false, PendingIn = false, Approved = false }, route: state.From || state.PendingIn);
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Not a subscription type.");
        }
    }

    /// <summary>The contact has sent a subscription stanza to the user (A.3).</summary>
    public static SubscriptionStep Inbound(SubscriptionState state, string type)
    {
        switch (type)
        {
            case "subscribe" when state.From:
                return In(state, state, deliver: false, autoReply: "subscribed");
            case "subscribe" when state.Approved:
                return In(state, state with { From = true, PendingIn = false, Approved = false }, deliver: false, autoReply: "subscribed");
            case "subscribe":
                return In(state, state with { PendingIn = true }, deliver: !state.PendingIn);
            case "unsubscribe":
                return In(state, state with { From = false, PendingIn = false }, deliver: state.From || state.PendingIn);
            case "subscribed":
                // Unasked for it means nothing, or anybody could put himself into the roster (A.3.3).
                return state.PendingOut
                    ? In(state, state with { To = true, PendingOut = false }, deliver: true)
                    : In(state, state, deliver: false);
            case "unsubscribed":
                return In(state, state with { To = false, PendingOut = false }, deliver: state.To || state.PendingOut);
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Not a subscription type.");
        }
    }

    private static SubscriptionStep Out(SubscriptionState old, SubscriptionState next, bool route) =>
        new(next, route, Deliver: false, IsVisible(old, next), AutoReply: null);

    private static SubscriptionStep In(SubscriptionState old, SubscriptionState next, bool deliver, string? autoReply = null) =>
        new(next, Route: false, deliver, IsVisible(old, next), autoReply);

    /// <summary>A pending request of the contact does not show in the roster (§3.1.3), everything else does.</summary>
    private static bool IsVisible(SubscriptionState old, SubscriptionState next) =>
        old with { PendingIn = false } != next with { PendingIn = false };
}
