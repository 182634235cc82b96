using System.Diagnostics;
using System.Text;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>
/// A case of the black-box suite: sessions over real sockets, checked by what a client sees. Q(n) of the catalogue is the n-th request
/// after the creation request, or after the login where the case needs one.
/// </summary>
[Trait("Suite", "wire")]
public abstract class WireTest : IAsyncLifetime
{
    /// <summary>Generous: an answer that is due at once is late only after this.</summary>
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(4);

    /// <summary>What a busy machine may add to a protocol timer before the case counts it as late.</summary>
    protected static readonly TimeSpan Noise = TimeSpan.FromSeconds(3);

    /// <summary>The steps of a guest's login, for cases that take them by hand; between the two stands a restart.</summary>
    protected static readonly string Authentication = $"<auth xmlns='{BoshNames.Sasl}' mechanism='ANONYMOUS'>=</auth>";
    protected static readonly string Binding = $"<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='{BoshNames.Bind}'/></iq>";

    /// <summary>Ends the stream of who sends it with <c>invalid-from</c>.</summary>
    protected const string ForeignPresence = "<presence xmlns='jabber:client' from='stranger@nx.invalid'/>";

    /// <summary>The catalogue's "held": no answer for so long.</summary>
    private static readonly TimeSpan HeldFor = TimeSpan.FromMilliseconds(500);

    /// <summary>Nothing that a case waits for takes longer, apart from the timers that it names.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly List<IAsyncDisposable> _toDispose = [];

    protected static string Domain => WireNode.Domain;

    protected Uri Url { get; private set; } = null!;

    private BoshClientOptions Options => new() { Nodes = [Url], Domain = Domain, Wait = Limit };

    public async Task InitializeAsync() => Url = await WireNode.BoshUrlAsync();

    public async Task DisposeAsync()
    {
        foreach (var item in _toDispose) await item.DisposeAsync();
    }

    /// <summary>A session that the case creates itself.</summary>
    protected ScriptedSession NewSession(Func<BoshClientOptions, BoshClientOptions>? change = null)
    {
        var session = new ScriptedSession(change is null ? Options : change(Options));
        _toDispose.Add(session);
        return session;
    }

    /// <summary>C{…}: the answer to a creation request with other or further attributes, whatever it is.</summary>
    protected async Task<BoshAnswer> CreateAsync(params (string, string?)[] attributes)
    {
        var session = NewSession();
        return await session.AskAsync(session.CreationRequest(attributes)).WaitAsync(Limit);
    }

    /// <summary>A session that was created with these attributes and has not logged in.</summary>
    protected async Task<ScriptedSession> OpenAsync(params (string, string?)[] attributes)
    {
        var session = NewSession();
        await session.OpenAsync(attributes).WaitAsync(Limit);
        return session;
    }

    /// <summary>A guest whose session was created with these attributes.</summary>
    protected async Task<ScriptedSession> LoginAsync(params (string, string?)[] attributes)
    {
        var session = await OpenAsync(attributes);
        await session.LoginAsync(BoshLogin.Anonymous()).WaitAsync(Limit);
        return session;
    }

    /// <summary>Another guest with a client that polls by itself: sends what the case needs, and hears what the case sends.</summary>
    protected async Task<BoshClient> FriendAsync(Func<BoshClientOptions, BoshClientOptions>? change = null)
    {
        var friend = new BoshClient(change is null ? Options : change(Options));
        _toDispose.Add(friend);
        await friend.LoginAsync(BoshLogin.Anonymous()).WaitAsync(Limit);
        return friend;
    }

    /// <summary>push(x): messages on their way to the session, which has room for them or a request open.</summary>
    protected static async Task PushAsync(BoshClient friend, ScriptedSession to, params string[] texts)
    {
        foreach (var text in texts) await friend.SendAsync(StanzaXml.Message(to.Jid!, text));
        // The domain takes a sender's stanzas in their order: what came before the ping is delivered.
        await friend.IqAsync(StanzaXml.Ping(Domain)).WaitAsync(Limit);
    }

    protected static string MessageTo(BoshClient friend, string text) => StanzaXml.Text(StanzaXml.Message(friend.Jid!, text));

    protected static string Ping(string id) => StanzaXml.Text(StanzaXml.Ping(Domain, id));

    /// <summary>The next message that the friend gets.</summary>
    protected static async Task<XElement> NextMessageAsync(BoshClient friend)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var stanza = await friend.Stanzas.ReadAsync(limit.Token);
            if (stanza.Name.LocalName == "message") return stanza;
        }
    }

    protected static async Task HearsAsync(BoshClient friend, params string[] texts)
    {
        foreach (var text in texts) Assert.Equal(text, BodyText(await NextMessageAsync(friend)));
    }

    /// <summary>Whatever has been sent to the friend has arrived, and there is no message among it.</summary>
    protected static async Task HearsNothingAsync(BoshClient friend)
    {
        await friend.IqAsync(StanzaXml.Ping(Domain)).WaitAsync(Limit);
        // What the domain handles after this comes after this.
        await friend.SendAsync(StanzaXml.Message(friend.Jid!, "the end"));
        await HearsAsync(friend, "the end");
    }

    protected static string? BodyText(XElement message) => message.Element(BoshNames.Client + "body")?.Value;

    protected static IEnumerable<string?> Texts(BoshAnswer answer) =>
        answer.Payload.Where(stanza => stanza.Name == BoshNames.Client + "message").Select(BodyText);

    /// <summary>The answer, which must come at once.</summary>
    protected static Task<BoshAnswer> AtOnceAsync(SentRequest request) => request.Answer.WaitAsync(Soon);

    /// <summary>The answer and how long it took from now on.</summary>
    protected static async Task<(BoshAnswer Answer, TimeSpan After)> TimeAsync(Task<BoshAnswer> answer, TimeSpan? limit = null)
    {
        var clock = Stopwatch.StartNew();
        return (await answer.WaitAsync(limit ?? TimeSpan.FromSeconds(20)), clock.Elapsed);
    }

    protected static async Task AssertHeldAsync(params SentRequest[] requests)
    {
        var first = await Task.WhenAny([.. requests.Select(request => (Task)request.Answer), Task.Delay(HeldFor)]);
        Assert.DoesNotContain(requests, request => ReferenceEquals(request.Answer, first));
    }

    /// <summary>Sends the request and makes sure that the server has it and holds it.</summary>
    protected static async Task<SentRequest> HoldAsync(ScriptedSession session, BoshRequest? request = null)
    {
        var sent = await session.SendAsync(request ?? session.Next());
        await AssertHeldAsync(sent);
        return sent;
    }

    protected static void AssertEmpty(BoshAnswer answer)
    {
        Assert.Equal(200, answer.Http?.Status);
        Assert.True(answer.IsEmpty, answer.ToString());
    }

    /// <summary>T(condition); null is T().</summary>
    protected static void AssertTerminate(string? condition, BoshAnswer answer)
    {
        Assert.True(answer.IsTerminate, answer.ToString());
        Assert.Equal(condition, answer.Condition);
        Assert.Equal(200, answer.Http?.Status);
    }

    /// <summary>dead: the next otherwise valid request finds no session.</summary>
    protected static async Task AssertDeadAsync(ScriptedSession session) =>
        AssertTerminate("item-not-found", await session.AskAsync(session.Next()).WaitAsync(Limit));

    /// <summary>alive: a ping is answered, on this request or on an empty one after it.</summary>
    protected static async Task AssertAliveAsync(ScriptedSession session, bool isLoggedIn = true)
    {
        var answer = isLoggedIn
            ? await session.AskAsync(session.Next([], Ping("alive"))).WaitAsync(Limit)
            : await session.AskAsync(session.Next([], Authentication)).WaitAsync(Limit);
        Assert.True(answer.Type is null, answer.ToString());
        Assert.NotEmpty(answer.Payload);
    }

    /// <summary>The answer to <see cref="Authentication"/>: the session took the request as a new one of its own.</summary>
    protected static void AssertAuthenticated(BoshAnswer answer) =>
        Assert.Contains(answer.Payload, element => element.Name == BoshNames.Sasl + "success");

    /// <summary>
    /// What could not be read belongs to no session whose client has said its version: such a refusal may be the code of old, HTTP 400.
    /// </summary>
    protected static void AssertUnreadable(HttpAnswer answer)
    {
        if (answer.Status == 400 && answer.Entity.Length == 0) return;
        var body = BoshAnswer.Parse(answer.Entity);
        Assert.True(body.IsTerminate, body.ToString());
        Assert.Equal("bad-request", body.Condition);
    }

    /// <summary>How long this session may be idle, as the server has announced.</summary>
    protected static TimeSpan InactivityOf(ScriptedSession session) => TimeSpan.FromSeconds(session.Creation!.Number("inactivity")!.Value);

    /// <summary>An entity that is no request this client would write.</summary>
    protected static BoshRequest Raw(string text) => new(0, Encoding.UTF8.GetBytes(text));

    protected static string Rid(ScriptedSession session, long n) => $"{session.FirstRid + n}";

    /// <summary>The HTTP answer to exactly these bytes, on a connection of their own.</summary>
    protected async Task<HttpAnswer> ExchangeAsync(byte[] request)
    {
        using var connection = await BoshConnection.ConnectAsync(Url);
        return await connection.ExchangeAsync(request).WaitAsync(Limit);
    }
}
