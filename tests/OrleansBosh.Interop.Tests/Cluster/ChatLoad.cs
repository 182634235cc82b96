using System.Diagnostics;
using System.Globalization;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Scenarios;
using OrleansBosh.Load.Xmpp;
using Xunit.Abstractions;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>Pairs of guests that chat as fast as they can over a list of URLs: those of the nodes, or those of a balancer.</summary>
internal static class ChatLoad
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>A client that starts at one of the URLs and goes on at the others in order; patient, as a starved machine needs.</summary>
    public static BoshClientOptions Client(IReadOnlyList<Uri> urls, int first) => new()
    {
        Nodes = [.. Enumerable.Range(0, urls.Count).Select(index => urls[(first + index) % urls.Count])],
        Domain = ClusterTest.Domain,
        AnswerGrace = TimeSpan.FromSeconds(30),
    };

    /// <summary>Runs it, prints its figures and asserts that no message was lost, doubled or out of order.</summary>
    /// <param name="urls">Where the clients start, one after the other.</param>
    /// <param name="pairs">How many.</param>
    /// <param name="messages">From each end of a pair.</param>
    /// <param name="followsHost">By its number from 0, whether a client goes where <c>host</c> says; the others send each request anywhere.</param>
    /// <param name="output">Hears the figures.</param>
    /// <returns>Messages per second of a pair, both ways.</returns>
    public static async Task<double> RunAsync(
        IReadOnlyList<Uri> urls, int pairs, int messages, Func<int, bool> followsHost, ITestOutputHelper output)
    {
        var metrics = new ClientMetrics();
        var clients = Enumerable.Range(0, 2 * pairs).Select(index => new BoshClient(Client(urls, index) with
        {
            FollowHost = followsHost(index),
            SpreadsRequests = !followsHost(index),
            Metrics = metrics,
        })).ToArray();
        try
        {
            await Parallel.ForEachAsync(clients, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (client, cancellation) =>
                await client.LoginAsync(BoshLogin.Anonymous(), cancellation));
            var exchange = new MessageExchange(ClusterTest.Domain, messages, Patience);
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(clients.Chunk(2).Select(pair => exchange.RunPairAsync(pair[0], pair[1])));
            var rate = 2.0 * messages / Stopwatch.GetElapsedTime(started).TotalSeconds;

            Assert.All(exchange.Checks, check => Assert.True(
                check.IsClean, $"{check.Missing} lost, {check.Duplicates} doubled, {check.OutOfOrder} out of order, {check.Foreign} not ours"));
            Assert.Equal(2 * pairs, exchange.Checks.Count);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{2 * pairs * messages} messages of {pairs} pairs: {rate:F1} per second and pair, {rate * pairs:F0} in all; delivery p50 {exchange.Deliveries.Percentile(0.5).TotalMilliseconds:F0} ms, p99 {exchange.Deliveries.Percentile(0.99).TotalMilliseconds:F0} ms, max {exchange.Deliveries.Max.TotalMilliseconds:F0} ms; {metrics.Requests} requests, {metrics.Repeats} repeated; hosts {string.Join(' ', metrics.Hosts.Order(StringComparer.Ordinal))}"));
            return rate;
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }
}
