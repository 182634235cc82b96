using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace OrleansBosh.Load;

/// <summary>
/// A PostgreSQL of its own: Debian's package, data in a temporary folder, a free port of 127.0.0.1, and passwords that are checked. It can
/// be stopped and started again on the same port, and it ends with this process, however that ends.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Superuser = "postgres";

    /// <summary>
    /// Runs the server. When standard input ends without a line, this process is gone, in order or not: then the server is stopped and its
    /// folder ($0) deleted, also if it is frozen. In a session of its own, so that Ctrl+C at the terminal does not take it from those that are still stopping.
    /// </summary>
    private const string EndWithMe = """
        exec 3<&0; "$@" 3<&- & server=$!
        { read -r line <&3 || { kill -QUIT $server; kill -CONT $server; while kill -0 $server; do sleep 0.1; done; rm -rf "$0"; }; } > /dev/null 2>&1 &
        wait $server
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _binaries;
    private readonly string _folder;
    private Process? _process;
    private int _databases;

    private PostgresServer(string binaries, string folder, string password)
    {
        _binaries = binaries;
        _folder = folder;
        Password = password;
    }

    public int Port { get; private set; }

    /// <summary>The superuser's.</summary>
    public string Password { get; }

    private string Data => Path.Combine(_folder, "data");

    private int MainProcess => int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private static bool IsRoot => !OperatingSystem.IsWindows() && Environment.UserName == "root";

    /// <summary>Makes a database cluster and starts the server.</summary>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed or does not start; the message holds its output.</exception>
    public static async Task<PostgresServer> StartNewAsync()
    {
        // Its programs refuse to run as root; their user must be able to write here, and nobody else needs to read it.
        var server = new PostgresServer(FindBinaries(), Directory.CreateTempSubdirectory("orleans-bosh-pg-").FullName, RandomNumberGenerator.GetHexString(24));
        try
        {
            await server.InitializeAsync();
            for (var attempt = 1; ; attempt++)
            {
                server.Port = LoopbackPorts.FindFree();
                try
                {
                    await server.StartAsync();
                    return server;
                }
                catch (InvalidOperationException) when (attempt < 3)
                {
                    // Somebody else may have taken the port in between.
                }
            }
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server after a stop, on the same port with the same data.</summary>
    public async Task StartAsync()
    {
        // No fsync: what a killed server wrote is in the kernel's cache, and these tests crash no kernel.
        string[] settings =
        [
            "listen_addresses=127.0.0.1", $"unix_socket_directories={_folder}", "fsync=off", "max_connections=200", "timezone=Asia/Kathmandu",
        ];
        var start = AsOwner("setsid", ["/bin/sh", "-c", EndWithMe, _folder, Path.Combine(_binaries, "postgres"), "-D", Data, "-p", $"{Port}",
            .. settings.SelectMany(setting => new[] { "-c", setting })]);
        start.RedirectStandardInput = true;
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var output = new List<string>();
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is null) return;
            lock (output) output.Add(e.Data);
            if (e.Data.EndsWith("database system is ready to accept connections", StringComparison.Ordinal)) ready.TrySetResult(true);
        };
        process.Exited += (_, _) => ready.TrySetResult(false);
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        _process = process;
        if (await ready.Task.WaitAsync(Limit)) return;

        await process.WaitForExitAsync();
        await EndAsync();
        lock (output) throw new InvalidOperationException($"PostgreSQL does not start:\n{string.Join('\n', output)}");
    }

    /// <summary>Ends all connections and stops in order.</summary>
    public Task StopAsync() => StopAsync("fast");

    /// <summary>Ends at once, as in a crash.</summary>
    public Task KillAsync() => StopAsync("immediate");

    /// <summary>Stops in order and starts again on the same port.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>The server and its connections stay, but nothing moves any more.</summary>
    [SupportedOSPlatform("linux")]
    public void Freeze()
    {
        var main = MainProcess;
        ProcessSignals.Freeze(main); // first, so that it starts no more
        foreach (var child in ChildrenOf(main)) ProcessSignals.Freeze(child);
    }

    /// <summary>It goes on where it was.</summary>
    [SupportedOSPlatform("linux")]
    public void Thaw()
    {
        var main = MainProcess;
        foreach (var child in ChildrenOf(main)) ProcessSignals.Thaw(child);
        ProcessSignals.Thaw(main);
    }

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test{Interlocked.Increment(ref _databases)}";
        await RunAsync(Path.Combine(_binaries, "createdb"), ["-h", _folder, "-p", $"{Port}", "-U", Superuser, name]);
        return ConnectionString(name);
    }

    /// <summary>For a database that may exist or not.</summary>
    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={Port};Database={database};Username={Superuser};Password={Password}";

    /// <summary>Ends the server and deletes its data.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await StopAsync("immediate");
        Directory.Delete(_folder, recursive: true);
    }

    private async Task InitializeAsync()
    {
        var passwordFile = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(passwordFile, Password);
        if (IsRoot) await RunAsync("chown", ["-R", Superuser, _folder], asOwner: false);
        await RunAsync(Path.Combine(_binaries, "initdb"),
        [
            "-D", Data, "-U", Superuser, "--pwfile", passwordFile, "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8",
            "--locale=C", "--no-sync",
        ]);
    }

    private async Task StopAsync(string mode)
    {
        await RunAsync(Path.Combine(_binaries, "pg_ctl"), ["stop", "-w", "-D", Data, "-m", mode]);
        await EndAsync();
    }

    private async Task EndAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        await process.StandardInput.WriteLineAsync("stopped");
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(Limit);
        process.Dispose();
    }

    private async Task RunAsync(string program, string[] arguments, bool asOwner = true)
    {
        using var process = Process.Start(asOwner ? AsOwner(program, arguments) : Redirected(program, arguments))
            ?? throw new InvalidOperationException($"{program} does not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Limit);
        if (process.ExitCode == 0) return;
        throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}:\n{await output}{await error}");
    }

    private ProcessStartInfo AsOwner(string program, string[] arguments) => IsRoot
        ? Redirected("setpriv", [$"--reuid={Superuser}", $"--regid={Superuser}", "--clear-groups", program, .. arguments])
        : Redirected(program, arguments);

    private ProcessStartInfo Redirected(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };
        start.Environment["LC_ALL"] = "C"; // the messages that are waited for
        return start;
    }

    private static string FindBinaries()
    {
        const string debian = "/usr/lib/postgresql";
        var newest = Directory.Exists(debian)
            ? Directory.GetDirectories(debian)
                .Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")))
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .FirstOrDefault()
            : null;
        return newest is null
            ? throw new InvalidOperationException($"PostgreSQL is missing: there is no {debian}/*/bin/initdb. ./test.sh installs it.")
            : Path.Combine(newest, "bin");
    }

    private static IEnumerable<int> ChildrenOf(int process) => File.ReadAllText($"/proc/{process}/task/{process}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(child => int.Parse(child, CultureInfo.InvariantCulture));
}
