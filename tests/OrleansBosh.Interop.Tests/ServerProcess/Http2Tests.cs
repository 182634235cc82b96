using System.Net;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.ServerProcess;

/// <summary>B-HTTP-12: one session as parallel streams of one HTTP/2 connection.</summary>
[Trait("Rule", "B-HTTP-12")]
public sealed class Http2Tests(Http2Tests.OneNode fixture) : IClassFixture<Http2Tests.OneNode>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly HttpsNode _node = fixture.Node;
    private readonly HttpClient _http = new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = HttpsNode.IsOurs } })
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = Patience,
    };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Parallel_requests_are_answered_in_the_order_of_their_rids_and_not_of_their_streams()
    {
        await using var session = await LoginAsync();
        var n = session.LastNumber;
        // The later rid has the earlier stream.
        var later = PostAsync(session.Request(n + 2, [], Ping("2")));
        await AssertHeldAsync(later);
        var earlier = PostAsync(session.Request(n + 1, [], Ping("1")));
        // Both replies may ride the first answer; what matters is that it is the answer to the earlier rid.
        var first = IdsOf(await earlier).ToList();
        Assert.Equal("1", first[0]);
        if (first.Count == 1) Assert.Equal(["2"], IdsOf(await later));
    }

    [Fact]
    public async Task A_new_request_releases_the_one_that_is_held_on_another_stream()
    {
        await using var session = await LoginAsync();
        var held = PostAsync(session.Next());
        await AssertHeldAsync(held);
        var next = PostAsync(session.Next());
        Assert.Empty((await held).Payload);
        Assert.Null((await held).Type);
        await AssertHeldAsync(next);
        // Of the two, the older one brings the end (B-TERM-02).
        var end = PostAsync(session.Next([("type", "terminate")]));
        Assert.True((await next).IsTerminate);
        Assert.Null((await end).Type);
    }

    [Fact]
    public async Task The_repeat_of_a_held_request_inherits_its_place()
    {
        await using var session = await LoginAsync();
        var request = session.Next();
        var older = PostAsync(request);
        await AssertHeldAsync(older);
        var newer = PostAsync(request);
        Assert.True((await older).IsError);
        await MessageAsync(session.Jid!, "m");
        Assert.Equal(["m"], TextsOf(await newer));
    }

    [Fact]
    public async Task A_reset_stream_is_a_broken_connection()
    {
        await using var session = await LoginAsync();
        var request = session.Next();
        using (var reset = new CancellationTokenSource())
        {
            var broken = PostAsync(request, reset.Token);
            await AssertHeldAsync(broken);
            await reset.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => broken);
        }

        // A whole exchange on the same connection comes behind the reset.
        Assert.NotNull((await PostAsync(session.CreationRequest())).Sid);
        await MessageAsync(session.Jid!, "m");
        // It keeps its place and has taken no stanza with it.
        Assert.Equal(["m"], TextsOf(await PostAsync(request)));
    }

    private async Task<ScriptedSession> LoginAsync()
    {
        var session = new ScriptedSession(HttpsNode.Client(_node.Https));
        await session.LoginAsync(BoshLogin.Anonymous());
        return session;
    }

    private async Task MessageAsync(string to, string text)
    {
        await using var friend = await LoginAsync();
        var answer = await friend.AskAsync(friend.Next([], StanzaXml.Text(StanzaXml.Message(to, text)), Ping("sent")));
        Assert.Equal(["sent"], IdsOf(answer));
    }

    private async Task<BoshAnswer> PostAsync(BoshRequest request, CancellationToken reset = default)
    {
        using var content = new ByteArrayContent(request.Entity);
        using var response = await _http.PostAsync(_node.Https, content, reset);
        Assert.Equal((HttpVersion.Version20, HttpStatusCode.OK), (response.Version, response.StatusCode));
        return BoshAnswer.Parse(await response.Content.ReadAsByteArrayAsync(reset));
    }

    /// <summary>Nothing tells a client that its request is held, but that no answer comes.</summary>
    private static async Task AssertHeldAsync(Task answer)
    {
        await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(500)));
        Assert.False(answer.IsCompleted);
    }

    private static string Ping(string id) => StanzaXml.Text(StanzaXml.Ping(HttpsNode.Domain, id));

    private static IEnumerable<string?> IdsOf(BoshAnswer answer) => answer.Payload.Select(stanza => stanza.Attribute("id")?.Value);

    private static IEnumerable<string?> TextsOf(BoshAnswer answer) =>
        answer.Payload.Where(stanza => stanza.Name == BoshNames.Client + "message").Select(stanza => stanza.Element(BoshNames.Client + "body")?.Value);

    /// <summary>The node of all cases.</summary>
    public sealed class OneNode : IAsyncLifetime
    {
        internal HttpsNode Node { get; private set; } = null!;

        public async Task InitializeAsync() => Node = await HttpsNode.StartAsync();

        public async Task DisposeAsync() => await Node.DisposeAsync();
    }
}
