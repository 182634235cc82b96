using Microsoft.Extensions.Logging;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>
/// The way of a stanza from a bound client, in three verbs. <b>Process</b>: is it well formed, whom is it for? <b>Post</b>: who handles
/// it, we or an account? <b>Route</b>: bring it to the grain of that account, which applies the delivery rules.
/// </summary>
/// <remarks>
/// Each call is awaited before the client's next stanza. Answers are given to the client before the call returns, so that they ride the
/// response to the request that asked.
/// </remarks>
internal sealed partial class StanzaRouter(
    EmbeddedDomainSettings settings, DomainQueries queries, DirectSessions direct, ResourceLeases leases, IGrainFactory grains, ILogger<StanzaRouter> logger)
{
    /// <param name="sender">Whose stanza it is.</param>
    /// <param name="stanza">A stanza whose <c>from</c>, if it has one, is the sender's.</param>
    /// <param name="origin">Its name, by which receivers recognize a repeat.</param>
    public async ValueTask ProcessAsync(ClientBinding sender, Stanza stanza, StanzaOrigin origin)
    {
        // P-RT-01: without an addressee a presence is for all contacts, anything else for the own account.
        stanza = stanza.WithFrom(sender.Jid.Text);
        if (stanza.Kind == StanzaKind.Iq && !IsComplete(stanza))
        {
            Refuse(sender, stanza, StanzaError.BadRequest);
            return;
        }

        if (stanza.To is null && stanza.Kind == StanzaKind.Presence)
        {
            await SendPresenceAsync(sender, stanza, origin);
            return;
        }

        if (!sender.TryParseReceiver(stanza.To ?? sender.Jid.Bare.Text, out var to)) Refuse(sender, stanza, StanzaError.JidMalformed);
        else await PostAsync(sender, stanza.WithTo(to.Text), to, origin);
    }

    private ValueTask PostAsync(ClientBinding sender, Stanza stanza, Jid to, StanzaOrigin origin)
    {
        if (to.Domain != settings.Domain) return RefuseUnlessPresence(StanzaError.RemoteServerNotFound); // P-RT-12
        if (to.Local is null)
        {
            if (stanza.Kind != StanzaKind.Iq || to.Resource is not null) return RefuseUnlessPresence(StanzaError.ServiceUnavailable);
            if (stanza.Type is "get" or "set") sender.Client.Send(queries.Answer(stanza));
            return default;
        }

        if (stanza.Kind == StanzaKind.Presence) return SendPresenceAsync(sender, stanza, origin);
        return to.Bare == sender.Jid.Bare
            ? CallAsync(sender, stanza, () => AskAccountAsync(sender, stanza, origin))
            : RouteAsync(sender, stanza, to, origin);

        ValueTask RefuseUnlessPresence(StanzaError error)
        {
            // A subscription that can lead nowhere deserves an error, an announcement does not.
            if (stanza.Kind != StanzaKind.Presence || SubscriptionRules.IsSubscriptionType(stanza.Type)) Refuse(sender, stanza, error);
            return default;
        }
    }

    private async ValueTask RouteAsync(ClientBinding sender, Stanza stanza, Jid to, StanzaOrigin origin)
    {
        if (sender.MayOvertake)
        {
            var isDone = false;
            await CallAsync(sender, stanza, async () =>
            {
                isDone = true; // also when the call fails: then the client gets an error
                var reply = await sender.Account.Forward(stanza, origin);
                sender.MayOvertake = !reply.IsIdle;
                isDone = reply.IsQueued || reply.Error is not null;
                return reply.Error;
            });
            if (isDone) return;
        }
        else if (await direct.TryDeliverAsync(stanza, to))
        {
            return;
        }

        await CallAsync(sender, stanza, () => grains.GetUser(to.Bare.Text).Receive(stanza, origin));
    }

    private static async ValueTask<Stanza?> AskAccountAsync(ClientBinding sender, Stanza stanza, StanzaOrigin origin)
    {
        var answer = await sender.Account.Receive(stanza, origin);
        var isRoster = stanza is { Kind: StanzaKind.Iq, Type: "get" } && stanza.Children[0].Namespace == Ns.Roster;
        if (isRoster && answer?.Type == "result") sender.Claim = sender.Claim with { IsInterested = true };
        return answer;
    }

    /// <summary>Presence of every type goes through the own account: it knows the contacts, and remembers who was told what.</summary>
    private ValueTask SendPresenceAsync(ClientBinding sender, Stanza presence, StanzaOrigin origin) =>
        CallAsync(sender, presence, async () =>
        {
            var reply = await sender.Account.SendPresence(sender.SessionId, presence, origin);
            if (reply.IsUnknown)
            {
                // The account's grain has died with its node and knows nothing of this resource, or has given it to another session.
                if (await leases.ClaimAsync(sender) is { } refusal)
                {
                    sender.Client.Close(new StreamError(refusal));
                    return null;
                }

                reply = await sender.Account.SendPresence(sender.SessionId, presence, origin);
            }

            if (reply is { IsUnknown: false, Error: null }) sender.Claim = sender.Claim.After(presence) with { LastSaid = origin };
            sender.MayOvertake = !reply.IsIdle;
            return reply.Error;
        });

    /// <summary>Calls a user grain; its answer, or the error when it cannot be had, goes to the client.</summary>
    private async ValueTask CallAsync(ClientBinding sender, Stanza stanza, Func<ValueTask<Stanza?>> call)
    {
        Stanza? answer;
        try
        {
            answer = await GrainRetry.RunAsync(call, static call => call());
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            // The node of the account is gone or stuck. It may have taken the stanza; the sender learns that we do not know.
            LogAccountUnreachable(exception);
            answer = StanzaError.ResourceConstraint.AnswerTo(stanza);
        }
        catch (Exception exception)
        {
            // A bug in the receiver's grain, or a stanza that only it cannot handle: no reason to end the sender's session.
            LogAccountFailed(exception);
            answer = StanzaError.InternalServerError.AnswerTo(stanza);
        }

        if (answer is not null) sender.Client.Send(answer);
    }

    private static void Refuse(ClientBinding sender, Stanza stanza, StanzaError error)
    {
        if (error.AnswerTo(stanza) is { } answer) sender.Client.Send(answer);
    }

    /// <summary>P-RT-02: a get or set has one child and an id by which it is answered. A result or error is never answered at all.</summary>
    private static bool IsComplete(Stanza iq) => iq.Type switch
    {
        "get" or "set" => iq.Children.Length == 1 && iq.Id is not null,
        "result" or "error" => true,
        _ => false,
    };

    [LoggerMessage(EventId = 321, Level = LogLevel.Warning, Message = "A user grain cannot be reached; its caller was told")]
    private partial void LogAccountUnreachable(Exception exception);

    [LoggerMessage(EventId = 322, Level = LogLevel.Error, Message = "A user grain failed; its caller was told")]
    private partial void LogAccountFailed(Exception exception);
}
