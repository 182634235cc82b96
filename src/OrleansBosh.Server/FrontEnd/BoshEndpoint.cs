using System.Xml.Linq;
using OrleansBosh.Cluster;
using OrleansBosh.Cluster.Database;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xml;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>
/// The BOSH resource of this node, for the sessions of every node. One POST:
/// (1) the entity is read, within a bound; (2) it is parsed, once; (3) a new session is opened here, or the sid is checked and (4) the
/// session is entered here or its grain is called, wherever it lives, again if it moves; (5) the owner's answer is written as it came.
/// </summary>
internal sealed partial class BoshEndpoint(
    BoshSessions sessions,
    IXmppBackend backend,
    SessionIds sessionIds,
    ClusterSecrets? secrets,
    BoshFrontEndSettings settings,
    AddressLimits limits,
    BoshMeter meter,
    ILogger<BoshEndpoint> logger)
{
    public Task HandleAsync(HttpContext context)
    {
        HttpAnswer.AddCommonHeaders(context.Response);
        settings.Origins.AddHeaders(context);
        return context.Request.Method switch
        {
            "POST" => PostAsync(context),
            "GET" or "HEAD" => HttpAnswer.WriteTextAsync(context, StatusCodes.Status200OK, settings.Greeting),
            "OPTIONS" => HttpAnswer.WritePreflightAsync(context),
            _ => HttpAnswer.WriteMethodNotAllowedAsync(context),
        };
    }

    private async Task PostAsync(HttpContext context)
    {
        if (IsCompressed(context.Request))
        {
            await AnswerUnreadAsync(context, EntityEnd.Compressed);
            return;
        }

        var (end, entity) = await EntityReader.ReadAsync(context.Request, settings.MaxBodyBytes);
        if (end != EntityEnd.Complete)
        {
            await AnswerUnreadAsync(context, end);
            return;
        }

        if (!BoshBodyReader.TryRead(entity, settings.BodyLimits, out var body, out var error))
        {
            // No session is touched: a sid in an entity that cannot be read is not trustworthy (B-XML-02).
            LogBodyRefused(error.Reason);
            if (error.Limit is { } limit) meter.LimitHit(LimitOf(limit));
            await HttpAnswer.WriteAsync(context, Refuse(error.Condition).Answer!);
            return;
        }

        meter.EntityReceived(entity.Length);
        var request = body.Sid is null ? null : new BoshRequest(body, settings.Proxies.IsEncrypted(context));
        // Mostly the session is here, and nothing more stands around it.
        var reply = await (request is null ? CreateAsync(context, body) : sessions.ReceiveHere(request, context.RequestAborted));
        if (request is not null && reply.Kind is BoshReplyKind.Moved or BoshReplyKind.Gone) reply = await ForwardAsync(context, request);
        if (reply.Answer is not { } answer)
        {
            context.Abort();
            return;
        }

        meter.EntitySent(answer.Entity.Length);
        await HttpAnswer.WriteAsync(context, answer, settings.CompressAnswers);
    }

    /// <summary>The answer to a request that reaches no session.</summary>
    private BoshReply Refuse(BoshCondition condition, bool isLegacy = false)
    {
        meter.RequestRefused(condition);
        return BoshReply.Of(BoshBodyWriter.Terminate(condition, isLegacy: isLegacy));
    }

    private BoshReply RefuseByLimit(BoshLimit limit, bool isLegacy = false)
    {
        meter.LimitHit(limit);
        return Refuse(BoshCondition.PolicyViolation, isLegacy);
    }

    // COMPAT(libpurple 2): it writes the content type into this header; what cannot be a coding is none (B-COMP-03). We offer no coding.
    private static bool IsCompressed(HttpRequest request) =>
        request.Headers.ContentEncoding.ToString() is { Length: > 0 } coding
        && !coding.AsSpan().ContainsAny(" /;=")
        && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase);

    /// <summary>B-HTTP-10. Only an entity that was empty leaves the connection usable: of the others, something may still come.</summary>
    private Task AnswerUnreadAsync(HttpContext context, EntityEnd end)
    {
        if (end == EntityEnd.Broken)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        if (end == EntityEnd.TooLarge) meter.LimitHit(BoshLimit.Entity);
        if (end != EntityEnd.Empty) context.Response.Headers.Connection = "close";
        var (status, condition) = end switch
        {
            EntityEnd.TooLarge => (StatusCodes.Status413PayloadTooLarge, BoshCondition.PolicyViolation),
            EntityEnd.Compressed => (StatusCodes.Status415UnsupportedMediaType, BoshCondition.BadRequest),
            EntityEnd.Stalled => (StatusCodes.Status408RequestTimeout, BoshCondition.BadRequest),
            _ => (StatusCodes.Status400BadRequest, BoshCondition.BadRequest),
        };
        return HttpAnswer.WriteAsync(context, Refuse(condition).Answer! with { Status = status });
    }

    private async ValueTask<BoshReply> CreateAsync(HttpContext context, BoshBody body)
    {
        var isLegacy = body.IsLegacy;
        if (body.Rid == BoshBody.NoRid) return Refuse(BoshCondition.BadRequest, isLegacy);
        // B-CRE-06: what cannot be served leaves no session behind.
        if (string.IsNullOrEmpty(body.To)) return Refuse(BoshCondition.ImproperAddressing, isLegacy);
        if (!Jid.TryPrepareDomain(body.To, out var domain)) return Refuse(BoshCondition.ImproperAddressing, isLegacy);
        if (!backend.Serves(domain)) return Refuse(BoshCondition.HostUnknown, isLegacy);
        var client = settings.Proxies.Resolve(context);
        if (!client.IsEncrypted && !settings.AllowHttp) return RefuseHttp(isLegacy);
        if (!limits.TryTake(client.Address, settings.CreationRate)) return RefuseByLimit(BoshLimit.CreationRate, isLegacy);
        // COMPAT(libpurple 2, gloox): those that send this obsolete attribute pipeline, and a web server answers a connection's requests one
        // after the other, so the first poll would block what follows. After a close they go on with one connection a request (B-HTTP-09).
        if (body.Secure is not null) context.Response.Headers.Connection = "close";
        var host = context.Request.Host;
        var creation = new BoshCreation(
            body, "", domain, host.HasValue ? host.Host : null, client.IsEncrypted, client.Address.ToString(), client.IsLoopback);
        return await RepeatAsync(
            (Sessions: sessions, Ids: sessionIds, Creation: creation, ClientGone: context.RequestAborted),
            static call =>
            {
                // Each try with an id of its own: nobody knows what became of an earlier one, and no client knows its sid.
                var (sid, id) = call.Ids.Create();
                return call.Sessions.Create(id, call.Creation with { Sid = sid }, call.ClientGone);
            },
            context.RequestAborted);
    }

    /// <summary>B-SEC-01, B-COND-11: the client is told where the encrypted service is, if there is one.</summary>
    private BoshReply RefuseHttp(bool isLegacy)
    {
        if (settings.HttpsUrl is null) return Refuse(BoshCondition.PolicyViolation, isLegacy);
        meter.RequestRefused(BoshCondition.SeeOtherUri);
        var uri = Stanza.Create("uri", Ns.HttpBind, default, [], new XText(settings.HttpsUrl));
        return BoshReply.Of(BoshBodyWriter.Terminate(BoshCondition.SeeOtherUri, isLegacy: isLegacy, children: [uri]));
    }

    private async ValueTask<BoshReply> ForwardAsync(HttpContext context, BoshRequest request)
    {
        var sid = request.Body.Sid;
        var isOurs = sessionIds.TryRead(sid, out var id);
        // Perhaps this node has missed a rotation of the keys.
        if (!isOurs && secrets is not null && await secrets.FindKeyAsync(sid)) isOurs = sessionIds.TryRead(sid, out id);
        if (!isOurs)
        {
            return limits.TryTake(settings.Proxies.Resolve(context).Address, settings.BadSidRate)
                ? Refuse(BoshCondition.ItemNotFound)
                : RefuseByLimit(BoshLimit.BadSidRate);
        }

        var reply = await RepeatAsync(
            (Sessions: sessions, Id: id, Request: request, ClientGone: context.RequestAborted),
            static call => call.Sessions.Receive(call.Id, call.Request, call.ClientGone),
            context.RequestAborted);
        return reply.Kind == BoshReplyKind.Gone ? RefuseGone(context) : reply;
    }

    /// <summary>
    /// A client of a node that died repeats its sid in good faith, and many of them may share one address, so the limit is generous. It
    /// can only be counted after the session was looked for: to refuse an address ahead of that would hit its living sessions too. Who
    /// goes beyond it must connect anew for each further try.
    /// </summary>
    private BoshReply RefuseGone(HttpContext context)
    {
        if (limits.TryTake(settings.Proxies.Resolve(context).Address, settings.GoneSidRate)) return Refuse(BoshCondition.ItemNotFound);
        context.Response.Headers.Connection = "close";
        return RefuseByLimit(BoshLimit.GoneSidRate);
    }

    private static BoshLimit LimitOf(XmlLimit limit) => limit switch
    {
        XmlLimit.Depth => BoshLimit.StanzaDepth,
        XmlLimit.Attributes => BoshLimit.Attributes,
        XmlLimit.Payloads => BoshLimit.Payloads,
        _ => BoshLimit.StanzaBytes,
    };

    /// <summary>
    /// Calls until there is an answer. A session that moves and an owner that dies look the same to the client: its rid is idempotent, so
    /// the call is simply made again, and the client sees only delay.
    /// </summary>
    private async ValueTask<BoshReply> RepeatAsync<TCall>(TCall call, Func<TCall, ValueTask<BoshReply>> make, CancellationToken clientGone)
    {
        var retry = new CallRetry();
        while (true)
        {
            try
            {
                var reply = await make(call);
                if (reply.Kind != BoshReplyKind.Moved) return reply;
            }
            catch (OperationCanceledException) when (clientGone.IsCancellationRequested)
            {
                return BoshReply.ClientGone;
            }
            // A time-out is not that of a held request, which its client would not wait for: some node on the way is stuck, and it makes
            // no difference whether the call has been carried out. A cancellation that is not the client's is the same: many calls at once
            // to the sessions of a node that has just died end so.
            catch (Exception exception) when (CallRetry.IsSiloGone(exception) || exception is TimeoutException or OperationCanceledException)
            {
                LogOwnerUnreachable(exception.GetType().Name);
            }
            catch (Exception exception)
            {
                // B-COND-05: a bug of ours is never an HTTP error page or an empty answer.
                LogFailed(exception);
                return BoshReply.Of(BoshBodyWriter.Terminate(BoshCondition.InternalServerError));
            }

            if (!retry.TryGoOn(out var wait)) return BoshReply.Of(BoshBodyWriter.Terminate(BoshCondition.RemoteConnectionFailed));
            if (!await WaitAsync(wait, clientGone)) return BoshReply.ClientGone;
        }
    }

    private static async ValueTask<bool> WaitAsync(TimeSpan time, CancellationToken clientGone)
    {
        await Task.Delay(time, clientGone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !clientGone.IsCancellationRequested;
    }
}
