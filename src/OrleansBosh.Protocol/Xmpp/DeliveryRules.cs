namespace OrleansBosh.Protocol.Xmpp;

/// <summary>One resource of the receiving account as the delivery rules see it.</summary>
/// <param name="Name">The resource part.</param>
/// <param name="IsAvailable">It has sent initial presence and not left since; otherwise it is merely connected.</param>
/// <param name="Priority">Of its last presence, from -128 to 127.</param>
public readonly record struct ResourceState(string Name, bool IsAvailable, int Priority);

/// <summary>What to do with a stanza that has reached the account it is addressed to.</summary>
public enum DeliveryVerdict
{
    /// <summary>To the resources of <see cref="Delivery.Resources"/>.</summary>
    Deliver,

    /// <summary>Nobody is there for it: keep it if <see cref="OfflineRules"/> allow, else refuse it.</summary>
    Store,

    /// <summary>Answer <c>service-unavailable</c>.</summary>
    Refuse,

    /// <summary>Forget it silently.</summary>
    Drop,

    /// <summary>The server itself handles it on behalf of the account.</summary>
    Handle,
}

/// <summary>A verdict with its receivers.</summary>
public readonly record struct Delivery(DeliveryVerdict Verdict, IReadOnlyList<string> Resources)
{
    public static readonly Delivery Store = new(DeliveryVerdict.Store, []);
    public static readonly Delivery Refuse = new(DeliveryVerdict.Refuse, []);
    public static readonly Delivery Drop = new(DeliveryVerdict.Drop, []);
    public static readonly Delivery Handle = new(DeliveryVerdict.Handle, []);
}

/// <summary>
/// RFC 6121 §8.5: who gets a stanza that is addressed to a local account (P-RT-02 to P-RT-04). The account exists, or the caller treats
/// one that does not like an account without resources and without storage.
/// </summary>
public static class DeliveryRules
{
    /// <param name="kind">Kind of the stanza.</param>
    /// <param name="type">Its type attribute.</param>
    /// <param name="resource">The resource of its <c>to</c>, or null for a bare JID.</param>
    /// <param name="resources">The account's resources.</param>
    public static Delivery Decide(StanzaKind kind, string? type, string? resource, IReadOnlyList<ResourceState> resources)
    {
        // What asks something of the account is never a client's to answer, whatever resource it names (§3, §4.3).
        if (kind == StanzaKind.Presence && (type == "probe" || SubscriptionRules.IsSubscriptionType(type))) return Delivery.Handle;
        // A full JID that matches a connected resource reaches it, whatever its presence (§8.5.3.1).
        if (resource is not null && Contains(resources, resource)) return To([resource]);
        return kind switch
        {
            StanzaKind.Message => Message(type, resource, resources),
            StanzaKind.Presence => Presence(type, resource, resources),
            StanzaKind.Iq => Iq(type, resource),
            _ => Delivery.Drop,
        };
    }

    /// <summary>
    /// The same for a stanza that was given to a resource which turned out to be gone before its client saw it (B-INACT-04). A message
    /// is then for the account, as if to its bare JID; an announcement of presence is out of date.
    /// </summary>
    public static Delivery DecideAgain(StanzaKind kind, string? type, IReadOnlyList<ResourceState> resources) => kind switch
    {
        StanzaKind.Message => Message(type, null, resources),
        StanzaKind.Iq => Iq(type, ""),
        _ => Delivery.Drop,
    };

    private static Delivery Message(string? type, string? resource, IReadOnlyList<ResourceState> resources)
    {
        switch (type)
        {
            case "error":
                return Delivery.Drop;
            case "groupchat":
                return Delivery.Refuse;
            case "headline":
                // §8.5.3.2.1: to a full JID that is gone it is worth nothing any more.
                return resource is null ? ToThePresent(resources, Delivery.Drop) : Delivery.Drop;
            case "chat":
                return ToThePresent(resources, Delivery.Store);
            default:
                // RFC 6121 §5.2.2: an unknown type counts as normal.
                return resource is null ? ToThePresent(resources, Delivery.Store) : Delivery.Refuse;
        }
    }

    private static Delivery Presence(string? type, string? resource, IReadOnlyList<ResourceState> resources)
    {
        if (type is "error" || resource is not null) return Delivery.Drop;

        // Presence also goes to resources with a negative priority: those only do not want messages (§8.5.2.1.2).
        string[] available = [.. resources.Where(r => r.IsAvailable).Select(r => r.Name)];
        return available.Length > 0 ? To(available) : Delivery.Drop;
    }

    private static Delivery Iq(string? type, string? resource)
    {
        if (type is not ("get" or "set")) return Delivery.Drop;
        return resource is null ? Delivery.Handle : Delivery.Refuse;
    }

    private static Delivery ToThePresent(IReadOnlyList<ResourceState> resources, Delivery otherwise)
    {
        string[] present = [.. resources.Where(r => r is { IsAvailable: true, Priority: >= 0 }).Select(r => r.Name)];
        return present.Length > 0 ? To(present) : otherwise;
    }

    private static Delivery To(string[] resources) => new(DeliveryVerdict.Deliver, resources);

    private static bool Contains(IReadOnlyList<ResourceState> resources, string name)
    {
        foreach (var resource in resources)
        {
            if (resource.Name == name) return true;
        }

        return false;
    }
}
