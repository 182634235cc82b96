using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>The calls that the lanes make. They run between the turns of the grain's methods and change nothing by themselves.</summary>
internal sealed partial class UserGrain
{
    private static readonly TimeSpan FirstWaitForRoom = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWaitForRoom = TimeSpan.FromSeconds(2);

    async Task<int> IStanzaCarrier.CarryAsync(LaneTarget target, IReadOnlyList<LaneItem> items)
    {
        var sent = 0;
        try
        {
            if (target.User is { } user)
            {
                for (; sent < items.Count; sent++) await CarryToUserAsync(user, items[sent]);
                return sent;
            }

            // A client that fetches slowly keeps its lane waiting, and nobody else; one that does not fetch ends by inactivity. So nobody
            // can end somebody's session, or fill its memory, by sending much.
            for (var wait = FirstWaitForRoom; sent < items.Count; wait = wait * 2 < LongestWaitForRoom ? wait * 2 : LongestWaitForRoom)
            {
                if (await DeliverAsync(target.Session, items, sent) is not { } taken) return sent;
                await ForgetOfflineAsync(items.Skip(sent).Take(taken));
                sent += taken;
                if (taken > 0) wait = FirstWaitForRoom;
                if (sent < items.Count) await Task.Delay(wait);
            }

            return sent;
        }
        catch (Exception exception)
        {
            // The other node is gone or stuck for longer than we wait, or the receiver has a bug.
            LogTargetUnreachable(exception);

            // It loses its resource. Should it still live, its client must log in again rather than wait for stanzas that never come.
            if (target.User is null) _ = EndSessionAsync(target.Session, "connection-timeout");
            return sent;
        }
    }

    async Task IStanzaCarrier.ReturnAsync(LaneTarget target, IReadOnlyList<LaneItem> items)
    {
        try
        {
            if (target.User is null)
            {
                // What still stands in the offline store needs no second place.
                Stanza[] undelivered = [.. items.Where(item => item.OfflineId == 0).Select(item => item.Stanza)];
                await Self.Unbind(target.Session, undelivered);
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

    private ValueTask<int?> DeliverAsync(Guid sessionId, IReadOnlyList<LaneItem> items, int from)
    {
        var stanzas = new Stanza[items.Count - from];
        for (var i = 0; i < stanzas.Length; i++) stanzas[i] = items[from + i].Stanza;
        return _localSessions.Find(sessionId) is { } session
            ? new(session.Deliver(stanzas, TurnThread.OtherGrain))
            : GrainRetry.RunAsync(
                (Session: GrainFactory.GetGrain<IClientSessionGrain>(sessionId), Stanzas: stanzas), static state => state.Session.Deliver(state.Stanzas));
    }

    private async Task CarryToUserAsync(string user, LaneItem item)
    {
        var answer = await GrainRetry.RunAsync(
            (User: GrainFactory.GetUser(user), item.Stanza, item.Origin, Silo: SiloBehind(item.Stanza)),
            static state => state.Silo is { } silo ? state.User.Show(state.Stanza, silo) : state.User.Receive(state.Stanza, state.Origin));
        if (answer is not null) await Self.Receive(answer, default);
    }
}
