using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Interop.Tests.BoshClientTests;

public sealed class BoshConnectionTests : IDisposable
{
    private readonly RawServer _server = new();
    private readonly List<BoshConnection> _connections = [];

    public void Dispose()
    {
        _connections.ForEach(c => c.Dispose());
        _server.Dispose();
    }

    [Fact]
    public async Task Two_exchanges_use_one_connection()
    {
        var (connection, peer) = await ConnectAsync();
        foreach (var text in new[] { "first", "second" })
        {
            var exchange = connection.ExchangeAsync(Post(text), _server.Limit);
            var request = await peer.ReadRequestAsync(_server.Limit);
            Assert.Equal(text, request!.Text);
            await request.WriteAsync($"answer to {text}");
            Assert.Equal($"answer to {text}", (await exchange).Text);
        }

        Assert.True(connection.IsUsable);
    }

    [Fact]
    public async Task Pipelined_requests_are_all_sent_before_the_first_answer_and_get_their_own()
    {
        var (connection, peer) = await ConnectAsync();
        var exchanges = Enumerable.Range(0, 3).Select(i => connection.ExchangeAsync(Post($"q{i}"), _server.Limit)).ToList();
        var requests = new List<RawRequest>();
        for (var i = 0; i < 3; i++)
            requests.Add((await peer.ReadRequestAsync(_server.Limit))!);
        foreach (var request in requests)
            await request.WriteAsync($"a:{request.Text}");

        Assert.Equal(["a:q0", "a:q1", "a:q2"], (await Task.WhenAll(exchanges)).Select(a => a.Text));
    }

    [Fact]
    public async Task A_request_can_be_sent_in_pieces()
    {
        var (connection, peer) = await ConnectAsync();
        var bytes = Post("whole");
        await connection.SendAsync(bytes.AsMemory(0, 10), _server.Limit);
        var first = await peer.ReadTextAsync(10, _server.Limit);
        Assert.Equal(10, first.Length);
        await connection.SendAsync(bytes.AsMemory(10), _server.Limit);
        Assert.Equal(Encoding.Latin1.GetString(bytes), first + await peer.ReadTextAsync(bytes.Length - 10, _server.Limit));
    }

    [Fact]
    public async Task An_answer_shorter_than_its_Content_Length_is_a_broken_connection()
    {
        var (connection, peer) = await ConnectAsync();
        var exchange = connection.ExchangeAsync(Post("x"), _server.Limit);
        await peer.ReadRequestAsync(_server.Limit);
        await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234", _server.Limit);
        peer.Dispose();

        var error = await Assert.ThrowsAsync<EndOfStreamException>(() => exchange);
        Assert.Contains("4 of 10", error.Message, StringComparison.Ordinal);
        Assert.False(connection.IsUsable);
    }

    [Fact]
    public async Task Bytes_beyond_the_Content_Length_are_found_before_the_next_exchange()
    {
        var (connection, peer) = await ConnectAsync();
        var exchange = connection.ExchangeAsync(Post("x"), _server.Limit);
        await peer.ReadRequestAsync(_server.Limit);
        await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1234", _server.Limit);
        Assert.Equal("12", (await exchange).Text);

        await Assert.ThrowsAsync<HttpSyntaxException>(() => connection.ExchangeAsync(Post("y"), _server.Limit));
    }

    [Fact]
    public async Task A_chunked_answer_is_read_and_recorded()
    {
        var answer = await AnswerToAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n");
        Assert.Equal("abc0123456789", answer.Text);
        Assert.Equal(HttpFraming.Chunked, answer.Framing);
        Assert.True(answer.KeepsAlive);
    }

    [Fact]
    public async Task An_answer_without_a_length_ends_with_the_connection()
    {
        var answer = await AnswerToAsync("HTTP/1.1 200 OK\r\n\r\nto the end", closes: true);
        Assert.Equal("to the end", answer.Text);
        Assert.Equal(HttpFraming.UntilClose, answer.Framing);
        Assert.False(answer.KeepsAlive);
    }

    [Fact]
    public async Task Interim_answers_are_recorded_and_passed_over()
    {
        var answer = await AnswerToAsync("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
        Assert.Equal([100], answer.Interim);
        Assert.Equal("x", answer.Text);
        Assert.False(answer.KeepsAlive);
    }

    [Theory]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("<body/>\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")]
    public async Task What_is_not_HTTP_is_refused(string answer) =>
        await Assert.ThrowsAsync<HttpSyntaxException>(() => AnswerToAsync(answer));

    [Fact]
    public async Task A_reset_reaches_the_server_as_a_reset()
    {
        var (connection, peer) = await ConnectAsync();
        connection.Reset();
        var error = await Assert.ThrowsAnyAsync<IOException>(() => peer.ReadRequestAsync(_server.Limit));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
    }

    [Fact]
    public async Task A_half_closed_connection_still_reads()
    {
        var (connection, peer) = await ConnectAsync();
        connection.ShutdownSend();
        Assert.Null(await peer.ReadRequestAsync(_server.Limit));
        await peer.WriteAsync("good bye", _server.Limit);
        peer.Dispose();
        Assert.Equal("good bye"u8.ToArray(), await connection.ReadToCloseAsync(_server.Limit));
    }

    [Fact]
    public async Task A_cancelled_read_cuts_the_connection()
    {
        var (connection, peer) = await ConnectAsync();
        using var cancellation = new CancellationTokenSource();
        var exchange = connection.ExchangeAsync(Post("x"), cancellation.Token);
        await peer.ReadRequestAsync(_server.Limit);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exchange);
        await Assert.ThrowsAnyAsync<IOException>(() => peer.ReadRequestAsync(_server.Limit));
        Assert.False(connection.IsUsable);
    }

    [Fact]
    public async Task A_reset_ends_an_exchange_as_a_broken_connection()
    {
        var (connection, peer) = await ConnectAsync();
        var exchange = connection.ExchangeAsync(Post("x"), _server.Limit);
        await peer.ReadRequestAsync(_server.Limit);
        connection.Reset();
        await Assert.ThrowsAnyAsync<IOException>(() => exchange);
    }

    [Fact]
    public async Task Other_methods_are_written_without_an_entity()
    {
        var (connection, peer) = await ConnectAsync();
        await connection.SendAsync(HttpRequestText.Of("OPTIONS", _server.Url, ("Origin", "http://page.example")), _server.Limit);
        var request = await peer.ReadRequestAsync(_server.Limit);
        Assert.Equal($"OPTIONS /http-bind HTTP/1.1\r\nHost: {_server.Address}\r\nOrigin: http://page.example", request!.Head);
    }

    [Fact]
    public async Task A_TLS_connection_shows_the_certificate_to_the_check()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=node.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var options = new BoshConnectionOptions
        {
            Resolve = _ => _server.Address,
            CertificateCheck = (_, presented, _, _) => presented!.GetCertHashString() == certificate.GetCertHashString(),
        };
        var connecting = BoshConnection.ConnectAsync(new Uri("https://node.example/http-bind"), options, _server.Limit);
        using var peer = await _server.AcceptTlsAsync(certificate);
        using var connection = await connecting;
        var exchange = connection.ExchangeAsync(Post("secret"), _server.Limit);
        var request = await peer.ReadRequestAsync(_server.Limit);
        await request!.WriteAsync("answer");
        Assert.Equal("secret", request.Text);
        Assert.Equal("answer", (await exchange).Text);
    }

    private byte[] Post(string text) => HttpRequestText.Post(_server.Url, Encoding.UTF8.GetBytes(text));

    private async Task<(BoshConnection Connection, RawPeer Peer)> ConnectAsync()
    {
        var connection = await BoshConnection.ConnectAsync(_server.Url, cancellation: _server.Limit);
        _connections.Add(connection);
        return (connection, await _server.AcceptAsync());
    }

    private async Task<HttpAnswer> AnswerToAsync(string answer, bool closes = false)
    {
        var (connection, peer) = await ConnectAsync();
        var exchange = connection.ExchangeAsync(Post("x"), _server.Limit);
        await peer.ReadRequestAsync(_server.Limit);
        await peer.WriteAsync(answer, _server.Limit);
        if (closes)
            peer.Dispose();
        return await exchange;
    }
}
