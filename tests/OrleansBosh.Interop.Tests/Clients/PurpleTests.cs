namespace OrleansBosh.Interop.Tests.Clients;

/// <summary>
/// libpurple 2, the library under Pidgin and Finch. It pipelines until it is told to close the connection, and lets a second pass before
/// most of its requests.
/// </summary>
/// <remarks>
/// Not ANONYMOUS: even with Cyrus SASL's plugin for it, libpurple finds no mechanism that it supports. Broken connections:
/// <see cref="PurpleCutTests"/>.
/// </remarks>
public sealed class PurpleTests(ClientNode node) : IClassFixture<ClientNode>
{
    [Theory]
    [InlineData("PLAIN")]
    [InlineData("SCRAM-SHA-1")]
    [InlineData("SCRAM-SHA-256")]
    [Trait("Rule", "P-NEG-02")]
    public Task It_logs_in_by(string mechanism) => RunAsync(mechanism, "login", 0);

    [Fact]
    [Trait("Rule", "B-HTTP-09")]
    public Task Two_accounts_become_contacts_and_exchange_messages_in_order() => RunAsync("SCRAM-SHA-512", "talk", 410);

    private async Task RunAsync(string mechanism, string task, int messages)
    {
        var program = await NativeProgram.CompileAsync("purple.c", "purple", "gcc", "-rdynamic");
        var names = new[] { $"juliet-{mechanism}", $"romeo-{mechanism}" }.Select(name => name.ToLowerInvariant()).ToArray();
        foreach (var name in names) await node.RegisterAsync(name);
        var folder = Path.Combine(node.Process.DataFolder, mechanism);
        var result = await ClientProgram.RunAsync(
            node.Process,
            mechanism,
            program,
            [folder, node.Process.BoshUrl.ToString(), "localhost", ClientNode.Password, mechanism, task, .. names]);
        Assert.Equal(mechanism, result.GetProperty("used").GetString());
        Assert.Equal(messages, result.GetProperty("messages").GetInt32());
    }
}
