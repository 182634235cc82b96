using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Sasl;

namespace OrleansBosh.Cluster.Tests;

/// <summary>The account commands, on a data file that a "server" has open at the same time.</summary>
public sealed class StorageUserCommandTests : IAsyncLifetime
{
    private readonly StorageFolder _folder = new();
    private DomainStore _server = null!;
    private DomainStore _store = null!;

    public async Task InitializeAsync()
    {
        _server = await _folder.OpenAsync();
        _store = await _folder.OpenAsync();
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Delete();
    }

    [Theory]
    [InlineData("juliet")]
    [InlineData("Juliet")]
    [InlineData("juliet@example.org")]
    public async Task An_account_is_added_by_its_name_or_address(string name)
    {
        Assert.Equal((0, "Account juliet@example.org created.\n", ""), await RunAsync(["add", name, "pencil"]));
        Assert.True((await _server.FindAsync(StorageFolder.Domain, "juliet"))!.Verify("pencil"));
    }

    [Fact]
    public async Task A_password_that_is_not_given_is_the_first_line_of_standard_input()
    {
        Assert.Equal(0, (await RunAsync(["add", "juliet"], "two words\nignored\n")).Code);
        Assert.True((await _server.FindAsync(StorageFolder.Domain, "juliet"))!.Verify("two words"));
    }

    [Fact]
    public async Task At_a_terminal_the_password_is_asked_for_twice()
    {
        var prompts = new List<string>();
        var answers = new Queue<string?>(["pencil", "pencil"]);

        Assert.Equal((0, "Account juliet@example.org created.\n", ""), await RunAsync(["add", "juliet"], askTerminal: Ask));
        Assert.Equal(["Password for juliet@example.org: ", "Once more: "], prompts);
        Assert.True((await _server.FindAsync(StorageFolder.Domain, "juliet"))!.Verify("pencil"));

        string? Ask(string prompt)
        {
            prompts.Add(prompt);
            return answers.Dequeue();
        }
    }

    [Theory]
    [InlineData("pencil", "pen", "The two passwords differ; nothing has changed.\n")]
    [InlineData("pencil", null, "The two passwords differ; nothing has changed.\n")]
    [InlineData(null, null, "No password was given; nothing has changed.\n")]
    public async Task At_a_terminal_nothing_happens_without_the_same_password_twice(string? first, string? second, string message)
    {
        var answers = new Queue<string?>([first, second]);
        Assert.Equal((1, "", message), await RunAsync(["add", "juliet"], askTerminal: _ => answers.Dequeue()));
        Assert.Empty(await _server.ListAsync(StorageFolder.Domain));
    }

    [Theory]
    [InlineData("", "No password was given; nothing has changed.\n")]
    [InlineData("\n", "A password has 1 to 1024 characters and no control characters; nothing has changed.\n")]
    [InlineData("a\tb\n", "A password has 1 to 1024 characters and no control characters; nothing has changed.\n")]
    public async Task Without_a_usable_password_there_is_no_account(string input, string message)
    {
        Assert.Equal((1, "", message), await RunAsync(["add", "juliet"], input));
        Assert.Empty(await _server.ListAsync(StorageFolder.Domain));
    }

    [Fact]
    public async Task An_account_is_not_added_twice()
    {
        await RunAsync(["add", "juliet", "pencil"]);
        Assert.Equal(
            (1, "", "Account juliet@example.org exists already; 'user passwd' changes its password.\n"),
            await RunAsync(["add", "juliet", "other"]));
        Assert.True((await _server.FindAsync(StorageFolder.Domain, "juliet"))!.Verify("pencil"));
    }

    [Fact]
    public async Task A_password_is_changed_where_there_is_an_account()
    {
        await RunAsync(["add", "juliet", "pencil"]);

        Assert.Equal((0, "Password of juliet@example.org changed.\n", ""), await RunAsync(["passwd", "juliet"], "other\n"));
        Assert.True((await _server.FindAsync(StorageFolder.Domain, "juliet"))!.Verify("other"));
        Assert.Equal((1, "", "There is no account romeo@example.org.\n"), await RunAsync(["passwd", "romeo", "other"]));
    }

    [Fact]
    public async Task An_account_is_removed_once()
    {
        await RunAsync(["add", "juliet", "pencil"]);

        Assert.Equal((0, "Account juliet@example.org removed.\n", ""), await RunAsync(["del", "juliet"]));
        Assert.Null(await _server.FindAsync(StorageFolder.Domain, "juliet"));
        Assert.Equal((1, "", "There is no account juliet@example.org.\n"), await RunAsync(["del", "juliet"]));
    }

    [Fact]
    public async Task Accounts_are_listed_as_addresses()
    {
        await RunAsync(["add", "romeo", "pencil"]);
        await RunAsync(["add", "juliet", "pencil"]);
        Assert.Equal((0, "juliet@example.org\nromeo@example.org\n", ""), await RunAsync(["list"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("add")]
    [InlineData("add juliet pencil more")]
    [InlineData("passwd")]
    [InlineData("del")]
    [InlineData("del juliet pencil")]
    [InlineData("list juliet")]
    [InlineData("rename juliet julia")]
    public async Task Anything_else_gets_the_usage(string arguments)
    {
        var (code, output, error) = await RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("Usage: user add NAME", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("add", "juliet@example.com", "'juliet@example.com' is not in the domain example.org.\n")]
    [InlineData("del", "juliet@example.org/balcony", "'juliet@example.org/balcony' cannot be an account name.\n")]
    [InlineData("passwd", "ju liet", "'ju liet' cannot be an account name.\n")]
    [InlineData("add", "@example.org", "'@example.org' cannot be an account name.\n")]
    [InlineData("add", "", "'' cannot be an account name.\n")]
    public async Task A_name_that_cannot_be_one_is_refused(string verb, string name, string message) =>
        Assert.Equal((2, "", message), await RunAsync(verb == "del" ? [verb, name] : [verb, name, "pencil"]));

    [Fact]
    public async Task A_store_that_fails_is_said_in_one_line()
    {
        await _store.DisposeAsync();
        var (code, _, error) = await RunAsync(["list"]);
        Assert.Equal(1, code);
        Assert.Equal($"{_folder.File}: the store is closed.\n", error);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(
        string[] arguments, string input = "", Func<string, string?>? askTerminal = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await UserCommand.RunAsync(
            arguments, _store, StorageFolder.Domain, new StringReader(input), output, error, ScramCredentials.MinIterations, askTerminal);
        return (code, output.ToString(), error.ToString());
    }
}
