using System.IO.Compression;
using System.Text;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.19 and 1.20: how entities are framed and coded.</summary>
public sealed class HttpEntityTests : WireTest
{
    private static readonly string Large = new('x', 60_000);

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    [Trait("Rule", "B-HTTP-06")]
    public async Task Answers_have_a_length_and_are_never_chunked(string? accepted)
    {
        var session = await LoginAsync();
        await PushAsync(await FriendAsync(), session, Large);
        HttpAnswer[] answers =
        [
            await PostAsync(session.CreationRequest(), accepted), await PostAsync(session.Next(), accepted),
            await PostAsync(session.Next([("type", "terminate")]), accepted),
        ];
        Assert.All(answers, answer =>
        {
            Assert.Equal(HttpFraming.ContentLength, answer.Framing);
            Assert.Equal($"{answer.Entity.Length}", answer.Header("Content-Length"));
            Assert.Null(answer.Header("Transfer-Encoding"));
        });
        Assert.Equal([Large], Texts(Decode(answers[1])));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("identity", null)]
    [InlineData("gzip;q=0", null)]
    [InlineData("deflate, gzip;q=0.5", "gzip")]
    [Trait("Rule", "B-COMP-01")]
    public async Task An_answer_is_compressed_only_as_its_client_accepts(string? accepted, string? coding)
    {
        var session = await LoginAsync();
        await PushAsync(await FriendAsync(), session, Large);
        var answer = await PostAsync(session.Next(), accepted);
        // Not to compress is always allowed.
        if (answer.Header("Content-Encoding") is { } used) Assert.Equal(coding, used);
        Assert.Equal([Large], Texts(Decode(answer)));
    }

    [Fact]
    [Trait("Rule", "B-RTX-07")]
    [Trait("Scope", "ours")]
    public async Task A_replay_is_coded_for_its_own_request_and_holds_the_same_XML()
    {
        var session = await LoginAsync();
        await PushAsync(await FriendAsync(), session, Large);
        var first = await PostAsync(session.Next(), null);
        Assert.Null(first.Header("Content-Encoding"));
        Assert.Equal(first.Entity, Decode(await PostAsync(session.Earlier(session.LastNumber), "gzip")).Raw);
        Assert.Equal(first.Entity, (await PostAsync(session.Earlier(session.LastNumber), null)).Entity);
    }

    [Fact]
    [Trait("Rule", "B-COMP-03")]
    [Trait("Scope", "ours")]
    public async Task A_coding_that_was_not_offered_is_refused_and_what_is_no_coding_is_ignored()
    {
        var session = await OpenAsync();
        Assert.Null(session.Creation!["accept"]);
        var request = session.Next([], Authentication);
        foreach (var coding in (string[])["gzip", "deflate", "br"])
        {
            var refused = await ExchangeAsync(HttpRequestText.Post(Url, request.Entity, headers: ("Content-Encoding", coding)));
            Assert.Equal(415, refused.Status);
        }

        // COMPAT(libpurple 2): it means Content-Type.
        var answer = await ExchangeAsync(HttpRequestText.Post(Url, request.Entity, null, ("Content-Encoding", "text/xml; charset=utf-8")));
        AssertAuthenticated(BoshAnswer.Parse(answer));
    }

    [Fact]
    [Trait("Rule", "B-HTTP-10")]
    [Trait("Scope", "ours")]
    public async Task An_entity_that_is_empty_or_too_large_or_stalls_is_refused()
    {
        AssertRefused(400, "bad-request", await ExchangeAsync(HttpRequestText.Post(Url, [])));
        var large = Encoding.ASCII.GetBytes(new string(' ', 2 * 1024 * 1024));
        AssertRefused(413, "policy-violation", await ExchangeAsync(HttpRequestText.Post(Url, large)));

        using var stalled = await BoshConnection.ConnectAsync(Url);
        var stalling = HttpRequestText.Post(Url, large.AsSpan(0, 1000));
        await stalled.SendAsync(stalling.AsMemory(0, stalling.Length - 500));
        AssertRefused(408, "bad-request", await stalled.ReadAnswerAsync().WaitAsync(TimeSpan.FromSeconds(20)));

        static void AssertRefused(int status, string condition, HttpAnswer answer)
        {
            Assert.Equal(status, answer.Status);
            var body = BoshAnswer.Parse(answer.Entity);
            Assert.True(body.IsTerminate);
            Assert.Equal(condition, body.Condition);
        }
    }

    private Task<HttpAnswer> PostAsync(BoshRequest request, string? accepted) =>
        ExchangeAsync(HttpRequestText.Post(Url, request.Entity, headers: accepted is null ? [] : [("Accept-Encoding", accepted)]));

    private static BoshAnswer Decode(HttpAnswer answer)
    {
        if (answer.Header("Content-Encoding") is not { } coding) return BoshAnswer.Parse(answer.Entity);
        Assert.Equal("gzip", coding);
        using var plain = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(answer.Entity), CompressionMode.Decompress)) gzip.CopyTo(plain);
        return BoshAnswer.Parse(plain.ToArray());
    }
}
