using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests.ServerProcess;

/// <summary>How the program starts, and how it says that it cannot: one line, exit code 1, no stack trace.</summary>
public class StartTests
{
    [Fact]
    public async Task It_says_in_a_few_lines_what_it_serves_and_where()
    {
        await using var node = await NodeProcess.StartAsync();
        Assert.Contains("serves the domain localhost", node.Output, StringComparison.Ordinal);
        Assert.Contains($"chat page  {node.Url}", node.Output, StringComparison.Ordinal);
        Assert.Contains($"BOSH URL   {node.BoshUrl}", node.Output, StringComparison.Ordinal);
        Assert.Contains($"data file  {node.DataFolder}", node.Output, StringComparison.Ordinal);
        Assert.Contains("loopback only: to serve others set", node.Output, StringComparison.Ordinal);
        Assert.InRange(Lines(node).Length, 1, 8);
    }

    [Fact]
    public async Task Two_trial_nodes_with_different_ports_run_on_one_machine()
    {
        await using var first = await NodeProcess.StartAsync();
        await using var second = await NodeProcess.StartAsync();
        Assert.NotEqual(first.Url, second.Url);
        Assert.False(first.HasExited);
    }

    [Fact]
    public async Task A_port_in_use_is_one_line_and_exit_code_1()
    {
        await using var first = await NodeProcess.StartAsync();
        await using var second = NodeProcess.Launch(new() { Port = first.Url.Port });
        await AssertRefusesAsync(second, $"{first.Url.GetLeftPart(UriPartial.Authority)} is in use.");
    }

    [Fact]
    public async Task A_wrong_option_is_one_line_and_exit_code_1()
    {
        await using var node = NodeProcess.Launch(new() { Settings = new Dictionary<string, string> { ["MaxWait"] = "00:06:00" } });
        await AssertRefusesAsync(node, "Bosh:MaxWait is '00:06:00'; it must be from 00:00:01 to 00:05:00.");
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_written_is_one_line_and_exit_code_1()
    {
        // Tests may run as root, who can write anywhere but below a file.
        var file = Path.GetTempFileName();
        await using var node = NodeProcess.Launch(new() { DataFolder = Path.Combine(file, "data") });
        await AssertRefusesAsync(node, file);
        File.Delete(file);
    }

    [Fact]
    public async Task Accounts_are_managed_from_the_command_line_while_the_node_runs()
    {
        await using var node = await NodeProcess.StartAsync();
        foreach (var (arguments, exitCode, said) in new (string[], int, string)[]
        {
            (["user", "add", "juliet", "r0m30myr0m30"], 0, "juliet@localhost"),
            (["user", "add", "juliet", "again"], 1, "juliet@localhost"),
            (["user", "passwd", "juliet", "changed"], 0, "juliet@localhost"),
            (["user", "list"], 0, "juliet@localhost"),
            (["user", "del", "juliet"], 0, "juliet@localhost"),
            (["user", "del", "juliet"], 1, "juliet@localhost"),
            (["user"], 2, "Usage"),
        })
        {
            await using var command = NodeProcess.Launch(new() { DataFolder = node.DataFolder, Arguments = arguments });
            Assert.Equal(exitCode, await command.WaitForExitAsync());
            Assert.Contains(said, command.Output, StringComparison.Ordinal);
        }
    }

    private static async Task AssertRefusesAsync(NodeProcess node, string reason)
    {
        Assert.Equal(1, await node.WaitForExitAsync());
        var line = Assert.Single(Lines(node));
        Assert.Contains(reason, line, StringComparison.Ordinal);
    }

    private static string[] Lines(NodeProcess node) => node.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
