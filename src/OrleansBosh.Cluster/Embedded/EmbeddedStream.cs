using System.Xml.Linq;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Sasl;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>
/// One client's stream to the embedded domain: unauthenticated → authenticated → bound. This file has the phases; login is
/// <see cref="StreamLogin"/>, registration <see cref="Registration"/>, and what a bound client sends is the <see cref="StanzaRouter"/>'s.
/// </summary>
/// <remarks>
/// It keeps plain data only (<see cref="Capture"/>). What an element has brought, and that it was handled, become visible in the same turn,
/// so a captured stream has either both or neither and ignores what it is given again.
/// </remarks>
internal sealed partial class EmbeddedStream : IXmppStream
{
    /// <summary>B-XMPP-07.</summary>
    private const int MaxFailedLogins = 10;

    private readonly EmbeddedBackend _backend;
    private readonly XmppStreamOpen _open;
    private readonly IXmppClient _client;
    private readonly StreamLogin _login;

    private StreamPhase _phase;
    private string? _lang;
    private int _failedLogins;
    private string? _local;
    private bool _isGuest;
    private ClientBinding? _binding;
    private (long Rid, int Index) _handled = (long.MinValue, 0);

    internal EmbeddedStream(EmbeddedBackend backend, XmppStreamOpen open, IXmppClient client)
        : this(backend, open, client, new SaslServer(backend.SaslFor(open)))
    {
        _lang = open.Lang;
    }

    private EmbeddedStream(EmbeddedBackend backend, XmppStreamOpen open, IXmppClient client, SaslServer sasl)
    {
        _backend = backend;
        _open = open;
        _client = client;
        _login = new(sasl, backend, open.Domain);
    }

    private bool OffersRegistration => _backend.AllowsRegistration(_open);

    /// <summary>Sends the features of the present phase.</summary>
    internal void SendFeatures() => _client.Send(
        _phase == StreamPhase.Unauthenticated
            ? StreamFeatures.BeforeLogin(_login.Sasl.Mechanisms, OffersRegistration)
            : StreamFeatures.AfterLogin);

    public async ValueTask SendAsync(Stanza stanza, StanzaOrigin origin)
    {
        if (_phase == StreamPhase.Closed || (origin.Rid, origin.Index).CompareTo(_handled) <= 0) return;
        if (stanza.Kind != StanzaKind.Other)
        {
            // B-ATT-13 and P-RT-01, at once: each is a copy of the stanza.
            stanza = stanza.With(stanza.Header with { Lang = stanza.Lang ?? _lang, From = stanza.From ?? _binding?.Jid.Text });
        }

        switch (_phase)
        {
            case StreamPhase.Unauthenticated:
                await HandleNewcomerAsync(stanza);
                break;
            case StreamPhase.Authenticated:
                await HandleAuthenticatedAsync(stanza);
                break;
            default:
                await HandleBoundAsync(stanza, origin);
                break;
        }

        _handled = (origin.Rid, origin.Index);
    }

    public ValueTask RestartAsync(string? lang)
    {
        // B-XMPP-06: before login it just asks for the features again.
        _lang = lang ?? _lang;
        if (_phase != StreamPhase.Closed) SendFeatures();
        return default;
    }

    public async ValueTask CloseAsync(IReadOnlyList<Stanza> undelivered)
    {
        _phase = StreamPhase.Closed;
        if (_binding is null) return;
        await _backend.Leases.RemoveAsync(_binding);
        await GrainRetry.RunAsync(
            (_binding, Stanzas: undelivered.ToArray()),
            static async state =>
            {
                await state._binding.Account.Unbind(state._binding.SessionId, state.Stanzas);
                return true;
            });
    }

    public Task ReleaseAsync() => _binding is null ? Task.CompletedTask : _backend.Leases.RemoveAsync(_binding);

    private async ValueTask HandleNewcomerAsync(Stanza stanza)
    {
        if (stanza.Namespace == Ns.Sasl)
        {
            await LogInAsync(stanza);
        }
        else if (OffersRegistration && Registration.IsQuery(stanza) && IsForServer(stanza))
        {
            _client.Send(await _backend.Registration.AnswerNewcomerAsync(stanza, _open.ClientAddress));
        }
        else
        {
            Close(stanza.Kind == StanzaKind.Other ? "unsupported-stanza-type" : "not-authorized"); // B-XMPP-12
        }
    }

    private async ValueTask LogInAsync(Stanza element)
    {
        switch (await _login.HandleAsync(element, _client))
        {
            case SaslStep.Success success:
                _isGuest = success.Local is null;
                _local = success.Local ?? Registration.GuestPrefix + Convert.ToHexStringLower(Guid.NewGuid().ToByteArray().AsSpan(0, 10));
                _phase = StreamPhase.Authenticated;
                break;
            case SaslStep.Failure when ++_failedLogins >= MaxFailedLogins:
                Close("policy-violation", "Too many failed logins.");
                break;
            default:
                break;
        }
    }

    private async ValueTask HandleAuthenticatedAsync(Stanza stanza)
    {
        if (stanza.Kind == StanzaKind.Other)
        {
            HandleOther(stanza);
        }
        else if (stanza.Kind != StanzaKind.Iq || !IsForServer(stanza))
        {
            Close("not-authorized"); // B-XMPP-12
        }
        else if (stanza is not { Type: "get" or "set", Id: not null } || stanza.Children.Length != 1)
        {
            if (StanzaError.BadRequest.AnswerTo(stanza) is { } error) _client.Send(error);
        }
        else if (stanza is { Type: "set" } && stanza.Child("bind", Ns.Bind) is not null)
        {
            await BindAsync(stanza);
        }
        else
        {
            _client.Send(_backend.Queries.Answer(stanza));
        }
    }

    /// <summary>P-NEG-06.</summary>
    private async ValueTask BindAsync(Stanza iq)
    {
        XNamespace ns = Ns.Bind;
        string? resource = null;
        var wanted = iq.TryToXElement(out var xml) ? (string?)xml.Element(ns + "bind")?.Element(ns + "resource") : null;
        if (xml is null || (!string.IsNullOrEmpty(wanted) && !Jid.TryPrepareResource(wanted, out resource)))
        {
            _client.Send(StanzaError.BadRequest.AnswerTo(iq)!);
            return;
        }

        if (!Jid.TryParse($"{_local}@{_open.Domain}", out var bare)) throw new InvalidOperationException("An account's name is malformed.");
        var account = _backend.AccountOf(bare);
        var reply = await GrainRetry.RunAsync(
            (account, Request: new BindRequest(_open.SessionId, resource, _isGuest, _backend.Leases.LocalSilo)), static state => state.account.Bind(state.Request));
        if (reply.IsRemoved)
        {
            Close("not-authorized", "The account has been removed.");
            return;
        }

        if (reply.Claim is null)
        {
            _backend.Meter.LimitHit(BoshLimit.SessionsPerUser);
            _client.Send(StanzaError.ResourceConstraint.AnswerTo(iq, "Too many sessions of this account.")!);
            return;
        }

        Bind(reply.Claim, reply.Epoch);
        _client.Send(StanzaAnswers.Result(iq, new XElement(ns + "bind", new XElement(ns + "jid", _binding!.Jid.Text))));
        _client.Bound(_binding.Jid);
    }

    /// <param name="claim">The resource.</param>
    /// <param name="epoch">The life of the account's grain that knows of it; 0 when it has to be told.</param>
    private void Bind(ResourceClaim claim, long epoch)
    {
        if (!Jid.TryParse($"{_local}@{_open.Domain}", out var bare)) throw new InvalidOperationException("An account's name is malformed.");
        _phase = StreamPhase.Bound;
        _binding = new(bare.WithResource(claim.Name), claim, _client, _backend.AccountOf(bare)) { Epoch = epoch };
        _backend.Leases.Add(_binding, isNew: epoch != 0);
    }

    private async ValueTask HandleBoundAsync(Stanza stanza, StanzaOrigin origin)
    {
        if (stanza.Kind == StanzaKind.Other)
        {
            HandleOther(stanza);
        }
        else if (stanza.From is not null && !IsOwn(stanza.From))
        {
            Close("invalid-from"); // P-RT-01, B-XMPP-12
        }
        else if (stanza.Kind == StanzaKind.Iq && IsForServer(stanza) && await TryAnswerHereAsync(stanza))
        {
            // Answered.
        }
        else
        {
            await _backend.Router.ProcessAsync(_binding!, stanza, origin);
        }
    }

    /// <summary>Queries whose answer depends on the stream: a second bind, the session of old, the own account's registration.</summary>
    private async ValueTask<bool> TryAnswerHereAsync(Stanza iq)
    {
        if (iq is not { Type: "get" or "set", Id: not null } || iq.Children.Length != 1) return false;
        var header = iq.Header with { From = _binding!.Jid.Text };
        if (iq.Child("bind", Ns.Bind) is not null)
        {
            _client.Send(StanzaError.NotAllowed.AnswerTo(iq.With(header))!);
        }
        else if (iq.Child("session", Ns.Session) is not null)
        {
            _client.Send(StanzaAnswers.Result(iq.With(header)));
        }
        else if (Registration.IsQuery(iq) && !_isGuest && OffersRegistration)
        {
            await AnswerRegistrationAsync(iq.With(header));
        }
        else
        {
            return false;
        }

        return true;
    }

    private async ValueTask AnswerRegistrationAsync(Stanza iq)
    {
        if (!Registration.IsRemoval(iq))
        {
            _client.Send(await _backend.Registration.AnswerUserAsync(iq, _local!));
            return;
        }

        var isRemoved = await GrainRetry.RunAsync(_binding!, static binding => binding.Account.RemoveAccount(binding.SessionId));
        _client.Send(isRemoved ? StanzaAnswers.Result(iq) : StanzaAnswers.StorageFailed.AnswerTo(iq)!);
        if (isRemoved) Close("not-authorized", "The account has been removed.");
    }

    /// <summary>Elements that are no stanzas.</summary>
    private void HandleOther(Stanza element)
    {
        switch (element.Namespace)
        {
            case Ns.Csi:
                break; // accepted; nothing is held back
            case Ns.StreamManagement when element.Name is "enable" or "resume":
                // Not offered: BOSH acknowledges by itself (B-EXT-03).
                _client.Send(Stanza.Create(
                    "failed", Ns.StreamManagement, default, [], new XElement(XName.Get("feature-not-implemented", Ns.StanzaErrors))));
                break;
            case Ns.StreamManagement:
                break;
            case Ns.Sasl:
                _client.Send(StreamLogin.Failure(SaslCondition.MalformedRequest));
                break;
            default:
                Close("unsupported-stanza-type");
                break;
        }
    }

    /// <summary>Ends the stream; what the client sent behind the cause is ignored.</summary>
    private void Close(string condition, string? text = null)
    {
        _phase = StreamPhase.Closed;
        _client.Close(new StreamError(condition, text));
    }

    private bool IsOwn(string address) =>
        address == _binding!.Jid.Text || (Jid.TryParse(address, out var jid) && (jid == _binding.Jid || jid == _binding.Jid.Bare));

    /// <summary>Addressed to the domain, to the own account, or to nobody.</summary>
    private bool IsForServer(Stanza stanza)
    {
        if (stanza.To is null || stanza.To == _open.Domain) return true;
        if (!Jid.TryParse(stanza.To, out var to) || to.Domain != _open.Domain || to.Resource is not null) return false;
        return to.Local is null || to.Local == _local;
    }
}
