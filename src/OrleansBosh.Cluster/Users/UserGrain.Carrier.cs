using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// The calls that the lanes make, between the turns of the grain's methods or within one. They change nothing by themselves but what is known
/// of the offline messages.
/// </summary>
internal sealed partial class UserGrain
{
    async Task<int?> IStanzaCarrier.CarryAsync(LaneTarget target, IReadOnlyList<LaneItem> items)
    {
        try
        {
            if (target.User is null) return await CarryToSessionAsync(target.Session, items);
            foreach (var item in items) await CarryToUserAsync(target.User, item);
            return items.Count;
        }
        catch (Exception exception)
        {
            // The other node is gone or stuck for longer than we wait, or the receiver has a bug.
            LogTargetUnreachable(exception);

            // It loses its resource. Should it still live, its client must log in again rather than wait for stanzas that never come.
            if (target.User is null) _ = EndSessionAsync(target.Session, "connection-timeout");
            return null;
        }
    }

    Task IStanzaCarrier.SentAsync(IReadOnlyList<LaneItem> items, int sent) => ForgetOfflineAsync(items, sent);

    async Task IStanzaCarrier.ReturnAsync(LaneTarget target, IReadOnlyList<LaneItem> items)
    {
        try
        {
            if (target.User is null)
            {
                await Self.Unbind(target.Session, Unstored(items));
                return;
            }

            foreach (var item in items)
            {
                // An error about presence that nobody awaits would only confuse the client.
                if (item.Stanza.Kind == StanzaKind.Presence) continue;
                if (StanzaError.ResourceConstraint.AnswerTo(item.Stanza, "The receiver cannot be reached now.") is { } error)
                {
                    await Self.Receive(error, default);
                }
            }
        }
        catch (Exception exception)
        {
            LogReturnFailed(exception, items.Count);
        }
    }

    private async Task<int?> CarryToSessionAsync(Guid sessionId, IReadOnlyList<LaneItem> items)
    {
        var stanzas = new Stanza[items.Count];
        for (var i = 0; i < stanzas.Length; i++) stanzas[i] = items[i].Stanza;
        return _localSessions.Find(sessionId) is { } session
            ? session.Deliver(stanzas, TurnThread.OtherGrain)
            : await GrainRetry.RunAsync(
                (Session: GrainFactory.GetGrain<IClientSessionGrain>(sessionId), Stanzas: stanzas), static state => state.Session.Deliver(state.Stanzas));
    }

    private async Task CarryToUserAsync(string user, LaneItem item)
    {
        var answer = await GrainRetry.RunAsync(
            (User: GrainFactory.GetUser(user), item.Stanza, item.Origin, Silo: SiloBehind(item.Stanza)),
            static state => state.Silo is { } silo ? state.User.Show(state.Stanza, silo) : state.User.Receive(state.Stanza, state.Origin));
        if (answer is not null) await Self.Receive(answer, default);
    }

    /// <summary>What still stands in the offline store needs no second place.</summary>
    private static Stanza[] Unstored(IReadOnlyList<LaneItem> items) =>
        [.. items.Where(item => item.OfflineId == 0).Select(item => item.Stanza)];
}
