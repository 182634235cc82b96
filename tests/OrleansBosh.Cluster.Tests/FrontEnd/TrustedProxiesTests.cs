using System.Net;
using Microsoft.AspNetCore.Http;
using OrleansBosh.Server.FrontEnd;

namespace OrleansBosh.Cluster.Tests.FrontEnd;

/// <summary>B-SEC-01: forwarding headers count only when the peer is a trusted proxy.</summary>
[Trait("Rule", "B-SEC-01")]
public class TrustedProxiesTests
{
    private static readonly TrustedProxies Proxies = new([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("127.0.0.1/32")]);

    [Theory]
    // A stranger may claim what he likes.
    [InlineData("192.0.2.1", "X-Forwarded-For: 203.0.113.5; X-Forwarded-Proto: https", "192.0.2.1", false)]
    [InlineData("192.0.2.1", "Forwarded: for=203.0.113.5;proto=https", "192.0.2.1", false)]
    // A trusted proxy is believed, also as an IPv4 address in an IPv6 socket.
    [InlineData("10.1.2.3", "X-Forwarded-For: 203.0.113.5; X-Forwarded-Proto: https", "203.0.113.5", true)]
    [InlineData("::ffff:10.1.2.3", "X-Forwarded-For: 203.0.113.5; X-Forwarded-Proto: http", "203.0.113.5", false)]
    [InlineData("10.1.2.3", "X-Forwarded-Proto: https", "10.1.2.3", true)]
    // What the client itself put in front of the list is not: the nearest untrusted hop is the client.
    [InlineData("10.1.2.3", "X-Forwarded-For: 198.51.100.9, 203.0.113.5; X-Forwarded-Proto: https", "203.0.113.5", true)]
    [InlineData("10.1.2.3", "X-Forwarded-For: 198.51.100.9, 203.0.113.5, 10.9.9.9; X-Forwarded-Proto: https, http", "203.0.113.5", true)]
    [InlineData("10.1.2.3", "X-Forwarded-For: [2001:db8::7]:4711", "2001:db8::7", false)]
    [InlineData("10.1.2.3", "X-Forwarded-For: unknown; X-Forwarded-Proto: https", "10.1.2.3", false)]
    [InlineData("10.1.2.3", "Forwarded: for=198.51.100.9|proto=http, for=\"[2001:db8::7]:80\"|proto=https", "2001:db8::7", true)]
    public void The_client_is_the_nearest_one_that_somebody_trusted_has_seen(string peer, string headers, string address, bool isEncrypted)
    {
        var client = Proxies.Resolve(IPAddress.Parse(peer), isHttps: false, Headers(headers));
        Assert.Equal((address, isEncrypted), (client.Address.ToString(), client.IsEncrypted));
    }

    [Theory]
    [InlineData("127.0.0.5", "", true)]
    [InlineData("::1", "", true)]
    [InlineData("127.0.0.5", "X-Forwarded-For: 127.0.0.5", false)]
    [InlineData("127.0.0.5", "Via: 1.1 proxy", false)]
    [InlineData("127.0.0.1", "", false)] // a trusted proxy is a proxy
    [InlineData("192.0.2.1", "", false)]
    public void Nobody_behind_a_proxy_is_a_client_on_this_machine(string peer, string headers, bool isLoopback) =>
        Assert.Equal(isLoopback, Proxies.Resolve(IPAddress.Parse(peer), isHttps: false, Headers(headers)).IsLoopback);

    private static HeaderDictionary Headers(string text)
    {
        var headers = new HeaderDictionary();
        foreach (var header in text.Split("; ", StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = (header[..header.IndexOf(':', StringComparison.Ordinal)], header[(header.IndexOf(':', StringComparison.Ordinal) + 2)..]);
            headers[name] = value.Replace('|', ';'); // a semicolon separates the headers of a row
        }

        return headers;
    }
}
