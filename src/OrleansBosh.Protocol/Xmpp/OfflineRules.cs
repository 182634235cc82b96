namespace OrleansBosh.Protocol.Xmpp;

/// <summary>Which messages are kept for a user who is away (P-RT-05, XEP-0160, XEP-0334).</summary>
public static class OfflineRules
{
    public static bool MayStore(Stanza message)
    {
        if (message.Kind != StanzaKind.Message || message.Type is "groupchat" or "headline" or "error") return false;
        if (message.Child("no-store", Ns.Hints) is not null || message.Child("no-permanent-store", Ns.Hints) is not null) return false;

        // A body is worth keeping; a receipt, a marker or a key without one only if its sender says so. So a bare chat state never is.
        return message.Child("body", Ns.Client) is not null || message.Child("store", Ns.Hints) is not null;
    }
}
