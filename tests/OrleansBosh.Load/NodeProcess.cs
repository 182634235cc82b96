using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;

namespace OrleansBosh.Load;

/// <summary>
/// A node as a process of its own: the built server on a free loopback port with a data folder of its own. The one way to start a server
/// process in tests, since what a test host fakes (death, signals, start-up) must be proven with real ones.
/// </summary>
public sealed class NodeProcess : IAsyncDisposable
{
    /// <summary>Answers as soon as the node serves, and costs it no session.</summary>
    private const string ReadyPath = "/health/ready";

    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly bool _ownsDataFolder;
    private readonly TestAuthority? _authority;

    private NodeProcess(Process process, Uri url, string dataFolder, NodeProcessOptions options)
    {
        _process = process;
        _ownsDataFolder = options.DataFolder is null;
        _authority = options.Authority;
        Url = url;
        DataFolder = dataFolder;
    }

    /// <summary>Root of the node's HTTP server, like <c>http://127.0.0.1:40123/</c>.</summary>
    public Uri Url { get; }

    /// <summary>The node's BOSH resource.</summary>
    public Uri BoshUrl => new(Url, "http-bind");

    /// <summary>Where its accounts live; deleted with the node unless the test named it.</summary>
    public string DataFolder { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>From the start of the process until it served.</summary>
    public TimeSpan StartupTime { get; private set; }

    /// <summary>What the process wrote so far, both streams.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>Starts a node and waits until it serves.</summary>
    /// <exception cref="InvalidOperationException">It ended instead, or did not serve in time; the message holds its output.</exception>
    public static async Task<NodeProcess> StartAsync(NodeProcessOptions? options = null, CancellationToken cancellationToken = default)
    {
        var node = Launch(options ?? new());
        try
        {
            await node.WaitUntilReadyAsync((options ?? new()).ReadyLimit, cancellationToken);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node and does not wait: for starts that are meant to fail.</summary>
    public static NodeProcess Launch(NodeProcessOptions options)
    {
        var url = new Uri($"{(options.Authority is null ? "http" : "https")}://{options.Address}:{(options.Port == 0 ? LoopbackPorts.FindFree() : options.Port)}/");
        var dataFolder = options.DataFolder ?? Directory.CreateTempSubdirectory("orleans-bosh-").FullName;
        string[] command =
        [
            .. options.InOwnSession ? ["setsid"] : Array.Empty<string>(), .. options.Launcher,
            "dotnet", options.ServerAssembly ?? Repository.ServerAssembly, .. options.Arguments,
        ];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment["Bosh__Urls"] = url.GetLeftPart(UriPartial.Authority);
        start.Environment["Bosh__DataFolder"] = dataFolder;
        foreach (var (name, value) in options.Settings) start.Environment[$"Bosh__{name.Replace(":", "__", StringComparison.Ordinal)}"] = value;

        var node = new NodeProcess(new() { StartInfo = start }, url, dataFolder, options);
        node._process.OutputDataReceived += (_, e) => node.Collect(e.Data, options.Output);
        node._process.ErrorDataReceived += (_, e) => node.Collect(e.Data, options.Output);
        node._process.Start();
        node._process.BeginOutputReadLine();
        node._process.BeginErrorReadLine();
        return node;
    }

    /// <summary>SIGTERM: an orderly stop.</summary>
    [UnsupportedOSPlatform("windows")]
    public void Terminate() => ProcessSignals.Terminate(Id);

    /// <summary>SIGKILL: death without a word.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGSTOP: the process freezes, its sockets stay open.</summary>
    [UnsupportedOSPlatform("windows")]
    public void Freeze() => ProcessSignals.Freeze(Id);

    /// <summary>SIGCONT.</summary>
    [UnsupportedOSPlatform("windows")]
    public void Thaw() => ProcessSignals.Thaw(Id);

    /// <summary>Waits for the end of the process and returns its exit code (128 + n after signal n).</summary>
    /// <exception cref="TimeoutException">It is still running after <paramref name="limit"/> (20 s where none is given).</exception>
    public async Task<int> WaitForExitAsync(TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(limit ?? ExitLimit, cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Ends the process the hard way if it still runs, and deletes what it left behind.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        if (_ownsDataFolder && Directory.Exists(DataFolder)) Directory.Delete(DataFolder, recursive: true);
    }

    private async Task WaitUntilReadyAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var http = _authority?.CreateHttpClient() ?? new HttpClient();
        http.BaseAddress = Url;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < limit)
        {
            if (_process.HasExited)
            {
                // The streams end a moment after the process.
                await _process.WaitForExitAsync(cancellationToken);
                throw new InvalidOperationException($"The node ended with exit code {_process.ExitCode} instead of serving {Url}:\n{Output}");
            }

            if (await IsReadyAsync(http, cancellationToken))
            {
                StartupTime = clock.Elapsed;
                return;
            }

            // Another process says in no other way that it listens.
            await Task.Delay(50, cancellationToken);
        }

        throw new InvalidOperationException($"The node did not serve {Url} within {limit}:\n{Output}");
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.GetAsync(ReadyPath, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Collect(string? line, Action<string>? output)
    {
        if (line is null) return;
        output?.Invoke(line);
        lock (_output) _output.AppendLine(line);
    }
}
