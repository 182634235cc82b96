using System.Security.Cryptography;
using System.Text;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Sasl;

/// <summary>
/// The server side of SASL on one stream: decides, and asks its caller for whatever it does not have. It does no I/O and knows no
/// time; counting failed tries is the stream's business (B-XMPP-07). Data are octets, base64 is done by the caller, for whom
/// <c>=</c> is an empty array and an empty element is null.
/// </summary>
/// <remarks>
/// <see cref="Begin"/> → [<see cref="Respond"/>] → <c>NeedCredentials</c> → <see cref="Supply"/> → for SCRAM <see cref="Respond"/>.
/// After a <c>Failure</c> or <c>Success</c> the exchange is over and <see cref="Begin"/> starts a new one; so does a client that
/// begins in the middle of one. No <c>-PLUS</c>: a BOSH session has no connection to bind to (B-EXT-02).
/// </remarks>
public sealed partial class SaslServer
{
    private const string Plain = "PLAIN";
    private const string Anonymous = "ANONYMOUS";

    /// <summary>Longest message from a client: takes names and passwords of any permitted length.</summary>
    private const int MaxMessageBytes = 8192;

    private readonly SaslSettings _settings;
    private readonly Func<int, byte[]> _randomBytes;
    private SaslState _state = SaslState.Idle;

    /// <param name="settings">What this stream offers.</param>
    /// <param name="randomBytes">Makes that many random bytes, for nonces; null for the system's generator.</param>
    public SaslServer(SaslSettings settings, Func<int, byte[]>? randomBytes = null)
    {
        _settings = settings;
        _randomBytes = randomBytes ?? RandomNumberGenerator.GetBytes;
        List<string> mechanisms = [.. ScramHash.All.Select(hash => hash.Mechanism)];
        if (settings.OfferPlain) mechanisms.Add(Plain);
        if (settings.OfferAnonymous) mechanisms.Add(Anonymous);
        Mechanisms = mechanisms;
    }

    /// <summary>What to offer in the features, strongest first (P-NEG-01).</summary>
    public IReadOnlyList<string> Mechanisms { get; }

    /// <summary>The client sent <c>&lt;auth/&gt;</c>.</summary>
    /// <param name="mechanism">Its mechanism attribute, as it is.</param>
    /// <param name="initialResponse">Null when the element was empty, an empty array when it was <c>=</c>.</param>
    public SaslStep Begin(string mechanism, byte[]? initialResponse)
    {
        _state = SaslState.Idle;
        if (!Mechanisms.Contains(mechanism)) return Fail(SaslCondition.InvalidMechanism);

        // COMPAT(Strophe): it sends an empty <auth/> for ANONYMOUS and throws at any challenge, so an absent trace counts as an empty one.
        if (mechanism == Anonymous) initialResponse ??= [];
        if (initialResponse is not null) return First(mechanism, initialResponse);
        _state = new SaslState.Asked(mechanism);
        return new SaslStep.Challenge([]);
    }

    /// <summary>The client sent <c>&lt;response/&gt;</c>.</summary>
    public SaslStep Respond(byte[] response) => _state switch
    {
        SaslState.Asked asked => First(asked.Mechanism, response),
        SaslState.ScramChallenged challenged => Finish(challenged, response),
        _ => Fail(SaslCondition.MalformedRequest),
    };

    /// <summary>
    /// What the store has for the account that <c>NeedCredentials</c> named; null when there is none. For PLAIN this computes the keys
    /// of the password, which takes milliseconds.
    /// </summary>
    /// <exception cref="InvalidOperationException">Nothing was asked for.</exception>
    public SaslStep Supply(ScramCredentials? credentials) => _state switch
    {
        SaslState.PlainWaiting waiting => Check(waiting, credentials),
        SaslState.ScramWaiting waiting => Challenge(waiting, credentials),
        _ => throw new InvalidOperationException("SASL: credentials were supplied that nobody asked for."),
    };

    /// <summary>The client sent <c>&lt;abort/&gt;</c>, or the store failed: forgets the exchange. The caller answers.</summary>
    public void Abort() => _state = SaslState.Idle;

    /// <summary>The first message with content, whether it came with <c>&lt;auth/&gt;</c> or after an empty challenge.</summary>
    private SaslStep First(string mechanism, byte[] message)
    {
        if (!TryText(message, out var text)) return Fail(SaslCondition.MalformedRequest);
        return mechanism switch
        {
            Anonymous => Succeed(null, null), // RFC 4505: the text is trace information, which nobody needs
            Plain => FirstPlain(text),
            _ => FirstScram(ScramHash.Of(mechanism)!, text),
        };
    }

    private SaslStep FirstPlain(string text)
    {
        // RFC 4616 §2: [authzid] NUL authcid NUL passwd
        var parts = text.Split('\0');
        if (parts.Length != 3 || parts[1].Length == 0 || parts[2].Length == 0) return Fail(SaslCondition.MalformedRequest);
        if (!Jid.TryPrepareLocal(parts[1], out var local)) return Fail(SaslCondition.NotAuthorized);
        if (!IsOwn(parts[0], local)) return Fail(SaslCondition.InvalidAuthzid);
        _state = new SaslState.PlainWaiting(local, parts[2]);
        return new SaslStep.NeedCredentials(local);
    }

    private SaslStep Check(SaslState.PlainWaiting waiting, ScramCredentials? credentials)
    {
        // An unknown account costs the same time as a known one, or the delay would tell them apart.
        var keys = credentials?.Sha256 ?? Decoy(ScramHash.Sha256, waiting.Local);
        var isRight = SaslPrep.TryPreparePassword(waiting.Password, out var password) && ScramHash.Sha256.Verify(password, keys);
        return isRight && credentials is not null ? Succeed(waiting.Local, null) : Fail(SaslCondition.NotAuthorized);
    }

    private SaslStep FirstScram(ScramHash hash, string text)
    {
        if (ScramClientFirst.TryRead(text) is not { } first) return Fail(SaslCondition.MalformedRequest);
        if (!Jid.TryPrepareLocal(first.Username, out var local)) return Fail(SaslCondition.NotAuthorized);
        if (!IsOwn(first.Authzid, local)) return Fail(SaslCondition.InvalidAuthzid);
        _state = new SaslState.ScramWaiting(hash, local, first);
        return new SaslStep.NeedCredentials(local);
    }

    private SaslStep.Challenge Challenge(SaslState.ScramWaiting waiting, ScramCredentials? credentials)
    {
        var keys = credentials is null ? Decoy(waiting.Hash, waiting.Local) : waiting.Hash.KeysOf(credentials);
        var nonce = waiting.First.Nonce + Convert.ToBase64String(_randomBytes(18));
        var serverFirst = $"r={nonce},s={Convert.ToBase64String(keys.Salt)},i={keys.Iterations}";
        _state = new SaslState.ScramChallenged(
            waiting.Hash, waiting.Local, waiting.First, nonce, serverFirst, keys, IsKnown: credentials is not null);
        return new SaslStep.Challenge(Encoding.UTF8.GetBytes(serverFirst));
    }

    private SaslStep Finish(SaslState.ScramChallenged challenged, byte[] response)
    {
        if (!TryText(response, out var text)) return Fail(SaslCondition.MalformedRequest);
        if (ScramClientFinal.TryRead(text) is not { } final) return Fail(SaslCondition.MalformedRequest);
        if (final.Binding is null || final.Proof is null) return Fail(SaslCondition.IncorrectEncoding);

        // RFC 5802 §6: without channel binding c= repeats the gs2 header, so that nobody can have changed it on the way.
        var isSameExchange = final.Nonce == challenged.Nonce
            && final.Binding.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(challenged.First.Gs2Header));
        var authMessage = $"{challenged.First.Bare},{challenged.ServerFirst},{final.WithoutProof}";
        var isRight = challenged.Hash.Verify(final.Proof, authMessage, challenged.Keys);
        if (!isSameExchange || !isRight || !challenged.IsKnown) return Fail(SaslCondition.NotAuthorized);

        // P-NEG-02: the signature goes into <success/>; Strophe looks for it nowhere else.
        var signature = challenged.Hash.Sign(authMessage, challenged.Keys);
        return Succeed(challenged.Local, Encoding.UTF8.GetBytes($"v={Convert.ToBase64String(signature)}"));
    }

    /// <summary>Nobody may act for somebody else: an authorization identity is absent or the account's own bare JID.</summary>
    private bool IsOwn(string authzid, string local) =>
        authzid.Length == 0 || (Jid.TryParse(authzid, out var jid) && jid.IsBare && jid.Local == local && jid.Domain == _settings.Domain);

    private ScramKeys Decoy(ScramHash hash, string local) =>
        hash.Decoy(_settings.DecoySecret, $"{local}@{_settings.Domain}", _settings.DecoyIterations);

    private SaslStep.Success Succeed(string? local, byte[]? data)
    {
        _state = SaslState.Idle;
        return new(local, data);
    }

    private SaslStep.Failure Fail(string condition)
    {
        _state = SaslState.Idle;
        return new(condition);
    }

    private static bool TryText(byte[] message, out string text)
    {
        text = "";
        if (message.Length > MaxMessageBytes || !System.Text.Unicode.Utf8.IsValid(message)) return false;
        text = Encoding.UTF8.GetString(message);
        return true;
    }
}
