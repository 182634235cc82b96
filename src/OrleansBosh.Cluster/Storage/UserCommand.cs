using OrleansBosh.Protocol.Sasl;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Storage;

/// <summary>The account commands: what follows <c>user</c> on the command line. They may run beside a server on the same data.</summary>
public sealed class UserCommand
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int WrongUsage = 2;

    private const string Usage = """
        Usage: user add NAME [PASSWORD]      creates an account
               user passwd NAME [PASSWORD]   changes its password
               user del NAME                 removes it with its contacts and stored messages
               user list                     lists all accounts
        NAME is an account name or a whole address. Without PASSWORD it is asked for, or read from standard input;
        a password on the command line can be seen by other users of this machine.
        """;

    private readonly IAccountStore _store;
    private readonly string _domain;
    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly int _scramIterations;
    private readonly Func<string, string?> _askPassword;

    private UserCommand(
        IAccountStore store, string domain, TextWriter output, TextWriter error, int scramIterations, Func<string, string?> askPassword)
    {
        _store = store;
        _domain = domain;
        _output = output;
        _error = error;
        _scramIterations = scramIterations;
        _askPassword = askPassword;
    }

    /// <summary>Runs one command.</summary>
    /// <param name="args">The arguments behind <c>user</c>.</param>
    /// <param name="store">The accounts.</param>
    /// <param name="domain">The served domain, prepared.</param>
    /// <param name="stdin">
    /// A password is read from its first line; when it is the console's and that is a terminal, it is asked for twice, without echo.
    /// </param>
    /// <param name="stdout">Gets one line on what was done, or the list.</param>
    /// <param name="stderr">Gets one line on what went wrong, or the usage.</param>
    /// <param name="scramIterations">Iteration count for new passwords.</param>
    /// <returns>The exit code: 0 done, 1 not possible, 2 wrong usage.</returns>
    public static Task<int> RunAsync(
        string[] args, IAccountStore store, string domain, TextReader stdin, TextWriter stdout, TextWriter stderr, int scramIterations)
    {
        Func<string, string?>? askTerminal = ReferenceEquals(stdin, Console.In) && !Console.IsInputRedirected
            ? prompt => TerminalPassword.Read(prompt, stderr)
            : null;
        return RunAsync(args, store, domain, stdin, stdout, stderr, scramIterations, askTerminal);
    }

    /// <summary>The same, with the terminal as a function from a prompt to what was typed, or null where there is none.</summary>
    internal static async Task<int> RunAsync(
        string[] args,
        IAccountStore store,
        string domain,
        TextReader stdin,
        TextWriter stdout,
        TextWriter stderr,
        int scramIterations,
        Func<string, string?>? askTerminal)
    {
        var command = new UserCommand(store, domain, stdout, stderr, scramIterations, askTerminal is null ? ReadLine : AskTwice);
        try
        {
            return await command.RunAsync(args);
        }
        catch (StorageException e)
        {
            return command.Fail(e.Message);
        }

        string? ReadLine(string address) => stdin.ReadLine() ?? Refuse("No password was given; nothing has changed.");

        string? AskTwice(string address)
        {
            if (askTerminal($"Password for {address}: ") is not { } password) return Refuse("No password was given; nothing has changed.");
            return password == askTerminal("Once more: ") ? password : Refuse("The two passwords differ; nothing has changed.");
        }

        string? Refuse(string reason)
        {
            stderr.WriteLine(reason);
            return null;
        }
    }

    private async Task<int> RunAsync(string[] args)
    {
        switch (args)
        {
            case ["list"]:
                foreach (var local in await _store.ListAsync(_domain)) await _output.WriteLineAsync($"{local}@{_domain}");
                return Done;
            case ["add" or "passwd", var name, .. var rest] when rest.Length <= 1:
                return Account(name) is { } account ? await SetAsync(args[0] == "add", account, rest.FirstOrDefault()) : WrongUsage;
            case ["del", var name]:
                return Account(name) is { } removed ? await RemoveAsync(removed) : WrongUsage;
            default:
                await _error.WriteLineAsync(Usage);
                return WrongUsage;
        }
    }

    private async Task<int> SetAsync(bool isNew, Jid account, string? typed)
    {
        // Before anybody types a password in vain. It may still appear or vanish meanwhile; the store has the last word.
        var exists = await _store.FindAsync(_domain, account.Local!) is not null;
        if (exists == isNew) return RefuseSet(isNew, account);

        typed ??= _askPassword(account.Text);
        if (typed is null) return Failed; // and said why
        if (!SaslPrep.TryPreparePassword(typed, out var password))
        {
            return Fail($"A password has 1 to {SaslPrep.MaxPasswordLength} characters and no control characters; nothing has changed.");
        }

        var credentials = ScramCredentials.FromPassword(password, _scramIterations);
        var isDone = isNew
            ? await _store.AddAsync(_domain, account.Local!, credentials)
            : await _store.SetCredentialsAsync(_domain, account.Local!, credentials);
        if (!isDone) return RefuseSet(isNew, account);
        await _output.WriteLineAsync(isNew ? $"Account {account} created." : $"Password of {account} changed.");
        return Done;
    }

    private int RefuseSet(bool isNew, Jid account) =>
        Fail(isNew ? $"Account {account} exists already; 'user passwd' changes its password." : $"There is no account {account}.");

    private async Task<int> RemoveAsync(Jid account)
    {
        if (!await _store.RemoveAsync(_domain, account.Local!)) return Fail($"There is no account {account}.");
        await _output.WriteLineAsync($"Account {account} removed.");
        return Done;
    }

    /// <summary>The account that a name or an address means; null (and said why) when it can be none of this domain.</summary>
    private Jid? Account(string name)
    {
        var text = name.Contains('@', StringComparison.Ordinal) ? name : $"{name}@{_domain}";
        if (!Jid.TryParse(text, out var jid) || !jid.IsBare || jid.Local is null) _error.WriteLine($"'{name}' cannot be an account name.");
        else if (jid.Domain != _domain) _error.WriteLine($"'{name}' is not in the domain {_domain}.");
        else return jid;
        return null;
    }

    private int Fail(string message)
    {
        _error.WriteLine(message);
        return Failed;
    }
}
