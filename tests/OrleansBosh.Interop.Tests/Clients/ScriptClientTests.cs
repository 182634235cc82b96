using System.Text.Json;

namespace OrleansBosh.Interop.Tests.Clients;

/// <summary>Strophe.js in Node.js: the BOSH client under Converse.js, without a browser around it.</summary>
public sealed class StropheTests(ClientNode node) : ScriptClientTests(node, "strophe", ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "ANONYMOUS"]);

/// <summary>stanza.js, which sends one stanza in a request, on two channels that take turns.</summary>
public sealed class StanzaJsTests(ClientNode node) : ScriptClientTests(node, "stanza", ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "ANONYMOUS"]);

/// <summary>
/// What every client library in JavaScript can do; <c>node/run.mjs</c> has the scenes. The mechanisms are all that the library knows and the
/// server offers.
/// </summary>
public abstract class ScriptClientTests(ClientNode node, string library, string[] mechanisms) : IClassFixture<ClientNode>
{
    private const double CutShare = 0.2;

    [Fact]
    [Trait("Rule", "P-NEG-02")]
    public async Task It_logs_in_by_every_mechanism_that_it_knows()
    {
        var result = await RunAsync("", ["login", .. mechanisms]);
        Assert.Equal(mechanisms, result.GetProperty("used").EnumerateArray().Select(name => name.GetString()!));
    }

    [Fact]
    [Trait("Rule", "P-NEG-02")]
    [Trait("Rule", "P-RT-06")]
    [Trait("Rule", "P-RT-07")]
    [Trait("Rule", "P-RT-11")]
    public async Task Two_accounts_become_contacts_and_exchange_messages_in_order()
    {
        var result = await RunAsync("", ["talk"]);
        Assert.StartsWith("SCRAM-SHA-", result.GetProperty("mechanism").GetString(), StringComparison.Ordinal);
        Assert.Equal(412, result.GetProperty("messages").GetInt32());
    }

    [Fact]
    [Trait("Rule", "B-RTX-01")]
    [Trait("Rule", "B-RTX-05")]
    public async Task Nothing_is_lost_doubled_or_disordered_when_connections_break_at_random()
    {
        var seed = Random.Shared.Next();
        await using var juliet = new CuttingProxy(node.Process.BoshUrl, seed, CutShare);
        await using var romeo = new CuttingProxy(node.Process.BoshUrl, seed + 1, CutShare);
        var result = await RunAsync($"Seed {seed}", ["talk", juliet.Url.ToString(), romeo.Url.ToString()]);
        Assert.Equal(412, result.GetProperty("messages").GetInt32());
        Assert.True(juliet.Cuts + romeo.Cuts > 0, $"Seed {seed}: no connection was cut.");
    }

    private Task<JsonElement> RunAsync(string context, string[] task)
    {
        Assert.True(
            Directory.Exists(Path.Combine(ClientProgram.ScriptFolder, "node_modules")),
            $"The packages are missing: run 'npm ci' in {ClientProgram.ScriptFolder} (test.sh does).");
        return ClientProgram.RunAsync(
            node.Process, context, "node", ["run.mjs", library, node.Process.BoshUrl.ToString(), "localhost", .. task]);
    }
}
