using System.Collections.Concurrent;
using System.Globalization;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Bosh;

/// <summary>
/// A session under the control of a test: each request is built, sent on a chosen connection, lost, repeated and reordered by hand.
/// Nothing happens by itself. Requests are numbered as in the catalogue of requirements: number n has the rid R0+n.
/// </summary>
/// <example><code>
/// await using var session = new ScriptedSession(options);
/// await session.LoginAsync(BoshLogin.Anonymous());
/// var held = await session.SendAsync(session.Next());          // written, not answered
/// var later = await session.SendAsync(session.Next([], ping)); // on another connection
/// var answer = await held;
/// </code></example>
public sealed class ScriptedSession : IBoshExchange, IAsyncDisposable
{
    private readonly BoshClientOptions _options;
    private readonly ConcurrentDictionary<long, BoshRequest> _requests = new();
    private readonly ConcurrentBag<BoshConnection> _connections = [];
    private BoshConnection? _main;

    public ScriptedSession(BoshClientOptions options)
    {
        _options = options;
        FirstRid = options.FirstRid ?? RidSource.Draw(options.Seed);
        Node = options.Nodes[0];
    }

    /// <summary>R0: the rid of the creation request.</summary>
    public long FirstRid { get; }

    /// <summary>The highest number given to a request so far; <see cref="Next"/> goes on behind it.</summary>
    public long LastNumber { get; private set; }

    /// <summary>The session id; set by <see cref="OpenAsync"/>, or by a test that wants a false one.</summary>
    public string? Sid { get; set; }

    /// <summary>The answer to the creation request.</summary>
    public BoshAnswer? Creation { get; private set; }

    /// <summary>The full JID after <see cref="LoginAsync"/>.</summary>
    public string? Jid { get; private set; }

    /// <summary>Where connections go; changed by a test, or by <c>host</c> if the options say that it is followed.</summary>
    public Uri Node { get; set; }

    /// <summary>A new connection, to <see cref="Node"/> if no other is named; it is closed with the session.</summary>
    public async Task<BoshConnection> ConnectAsync(Uri? node = null, CancellationToken cancellation = default)
    {
        var connection = await BoshConnection.ConnectAsync(node ?? Node, _options.Connections, cancellation);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>The creation request, with other or further attributes; a null value leaves one out.</summary>
    public BoshRequest CreationRequest(IEnumerable<(string Name, string? Value)>? attributes = null, params IEnumerable<string> payload) =>
        Remember(0, BoshRequest.Of(
            FirstRid, BoshClientOptions.Override(_options.CreationAttributes(FirstRid), attributes ?? []), payload));

    /// <summary>Request number <paramref name="n"/>, with further attributes and payload.</summary>
    public BoshRequest Request(long n, IEnumerable<(string Name, string? Value)>? attributes = null, params IEnumerable<string> payload)
    {
        var rid = FirstRid + n;
        List<(string, string?)> usual = [("rid", rid.ToString(CultureInfo.InvariantCulture)), ("sid", Sid)];
        return Remember(n, BoshRequest.Of(rid, BoshClientOptions.Override(usual, attributes ?? []), payload));
    }

    /// <summary>The request with the next number.</summary>
    public BoshRequest Next(IEnumerable<(string Name, string? Value)>? attributes = null, params IEnumerable<string> payload) =>
        Request(LastNumber + 1, attributes, payload);

    /// <summary>A request made before, with its exact bytes: what a repeat needs.</summary>
    public BoshRequest Earlier(long n) => _requests[n];

    /// <summary>
    /// Writes the request, on a connection of its own if none is named, and returns when the system took every byte. That is not yet
    /// "the server has read it": of two requests on different connections the later may be read first.
    /// </summary>
    public async Task<SentRequest> SendAsync(BoshRequest request, BoshConnection? on = null, CancellationToken cancellation = default)
    {
        on ??= await ConnectAsync(null, cancellation);
        await on.SendAsync(request.ToHttp(on.Node, _options), cancellation);
        return new SentRequest(request, on, ReadAsync(on, cancellation));
    }

    /// <summary>Writes the request and cuts the connection before an answer can be read.</summary>
    public async Task LoseAsync(BoshRequest request, BoshConnection? on = null, CancellationToken cancellation = default)
    {
        on ??= await ConnectAsync(null, cancellation);
        await on.SendAsync(request.ToHttp(on.Node, _options), cancellation);
        on.Reset();
    }

    /// <summary>Sends the request and awaits its answer; a connection of its own is closed afterwards.</summary>
    public async Task<BoshAnswer> AskAsync(BoshRequest request, BoshConnection? on = null, CancellationToken cancellation = default)
    {
        using var own = on is null ? await BoshConnection.ConnectAsync(Node, _options.Connections, cancellation) : null;
        return await await SendAsync(request, on ?? own, cancellation);
    }

    /// <summary>Creates the session.</summary>
    /// <exception cref="BoshTerminatedException">The server refused.</exception>
    public async Task<BoshAnswer> OpenAsync(
        IEnumerable<(string Name, string? Value)>? attributes = null, CancellationToken cancellation = default)
    {
        Creation = await AskAsync(CreationRequest(attributes), await MainConnectionAsync(cancellation), cancellation);
        if (Creation.IsTerminate)
            throw new BoshTerminatedException(Creation.Condition, Creation);
        Sid = Creation.Sid ?? throw new BoshProtocolException("The answer to the creation request has no sid.");
        return Creation;
    }

    /// <summary>Opens the session if that has not been done, authenticates and binds: one request after the other on one connection.</summary>
    /// <exception cref="LoginException">The server refused the credentials, the mechanism or the resource.</exception>
    public async Task<string> LoginAsync(BoshLogin login, CancellationToken cancellation = default)
    {
        if (Creation is null)
            await OpenAsync(null, cancellation);
        return Jid = await new Negotiation(this, _options).LoginAsync(Creation!, login, cancellation);
    }

    /// <summary>The next request on the session's main connection, and its answer.</summary>
    public async Task<BoshAnswer> ExchangeAsync(
        IEnumerable<(string Name, string? Value)> attributes, IEnumerable<string> payload, CancellationToken cancellation = default) =>
        await AskAsync(Next(attributes, payload), await MainConnectionAsync(cancellation), cancellation);

    /// <summary>Closes every connection of the session. The session itself stays at the server until it is terminated or runs out.</summary>
    public ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
            connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private BoshRequest Remember(long n, BoshRequest request)
    {
        _requests[n] = request;
        LastNumber = Math.Max(LastNumber, n);
        return request;
    }

    private async Task<BoshAnswer> ReadAsync(BoshConnection connection, CancellationToken cancellation)
    {
        var answer = BoshAnswer.Parse(await connection.ReadAnswerAsync(isHeadAnswer: false, cancellation));
        if (_options.FollowHost && answer.Host is { } host)
            Node = NodeHost.Apply(Node, host);
        return answer;
    }

    private async Task<BoshConnection> MainConnectionAsync(CancellationToken cancellation)
    {
        if (_main is null || !_main.IsUsable || _main.Node != Node)
            _main = await ConnectAsync(null, cancellation);
        return _main;
    }
}
