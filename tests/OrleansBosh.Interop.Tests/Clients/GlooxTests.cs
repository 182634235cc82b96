using System.Globalization;

namespace OrleansBosh.Interop.Tests.Clients;

/// <summary>gloox (C++), which pipelines its requests on one connection until it is told to close it.</summary>
/// <remarks>
/// Not SCRAM-SHA-1: gloox 1.0.24 begins with the flag <c>y</c> and then repeats it as <c>n</c>, which RFC 5802 §5.1 has the server refuse.
/// Not broken connections, of which gloox survives none that carried a request (its <c>connectionbosh.cpp</c>): it keeps nothing of what it
/// sent, so it can repeat nothing; <c>handleDisconnect</c> leaves the request among the open ones, of which it allows itself two; and
/// <c>recv</c> reads the first of its busy connections only, which the broken one stays. Behind <see cref="CuttingProxy"/> it did not get
/// through its login in 90 seconds. What the server does for such a client does not depend on which it is: <see cref="PurpleCutTests"/>.
/// </remarks>
public sealed class GlooxTests(ClientNode node) : IClassFixture<ClientNode>
{
    [Fact]
    [Trait("Rule", "B-HTTP-09")]
    public async Task Two_accounts_become_contacts_and_exchange_messages_in_order()
    {
        foreach (var name in new[] { "juliet", "romeo" }) await node.RegisterAsync(name);
        var result = await RunAsync("PLAIN");
        Assert.Equal(410, result);
    }

    [Fact]
    [Trait("Rule", "P-NEG-02")]
    public async Task Guests_log_in() => Assert.Equal(0, await RunAsync("ANONYMOUS"));

    /// <returns>How many messages arrived.</returns>
    private async Task<int> RunAsync(string mechanism)
    {
        var program = await NativeProgram.CompileAsync("gloox.cpp", "gloox", "g++", "-std=c++17");
        var url = node.Process.Url;
        var port = url.Port.ToString(CultureInfo.InvariantCulture);
        var result = await ClientProgram.RunAsync(
            node.Process, mechanism, program, url.Host, port, "localhost", ClientNode.Password, mechanism, "juliet", "romeo");
        return result.GetProperty("messages").GetInt32();
    }
}
