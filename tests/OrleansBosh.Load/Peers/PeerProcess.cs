using System.Diagnostics;
using System.Text;

namespace OrleansBosh.Load.Peers;

/// <summary>
/// Another server as a process of this one: Debian's package with a configuration, a data folder and a loopback port of its own, without
/// TLS. Nothing of the package's own service is touched; it runs as whoever runs this.
/// </summary>
public sealed class PeerProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly string _folder;

    private PeerProcess(Peer peer, Process process, Uri boshUrl, string folder)
    {
        (Peer, _process, BoshUrl, _folder) = (peer, process, boshUrl, folder);
        _process.OutputDataReceived += (_, e) => Collect(e.Data);
        _process.ErrorDataReceived += (_, e) => Collect(e.Data);
    }

    public Peer Peer { get; }

    public Uri BoshUrl { get; }

    /// <summary>Of the process that serves, for measurements.</summary>
    public int Id => _process.Id;

    /// <summary>Starts the peer and waits until it opens BOSH sessions.</summary>
    /// <exception cref="InvalidOperationException">It ended instead, or did not serve in time; the message holds its output.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">Its package is not installed.</exception>
    public static async Task<PeerProcess> StartAsync(Peer peer, PeerSettings? settings = null, CancellationToken cancellationToken = default)
    {
        var folder = Directory.CreateTempSubdirectory($"orleans-bosh-{peer.Name}-").FullName;
        var port = LoopbackPorts.FindFree();
        var start = peer.Prepare(folder, port, settings ?? new());
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, folder);
        var process = new PeerProcess(peer, new() { StartInfo = start }, new($"http://127.0.0.1:{port}/http-bind"), folder);
        try
        {
            process._process.Start();
            process._process.BeginOutputReadLine();
            process._process.BeginErrorReadLine();
            await process.WaitUntilReadyAsync(cancellationToken);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the process the hard way and deletes its folder: nobody needs the data.</summary>
    public async ValueTask DisposeAsync()
    {
        if (IsRunning())
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < ReadyLimit)
        {
            if (!IsRunning()) throw new InvalidOperationException($"{Peer.Name} ended instead of serving {BoshUrl}:\n{Output()}");
            if (await AnswersAsync(http, cancellationToken)) return;
            // Another process says in no other way that it listens.
            await Task.Delay(100, cancellationToken);
        }

        throw new InvalidOperationException($"{Peer.Name} did not serve {BoshUrl} within {ReadyLimit}:\n{Output()}");
    }

    /// <summary>Asks with an unknown sid: the BOSH service refuses it, and it costs no session.</summary>
    private async Task<bool> AnswersAsync(HttpClient http, CancellationToken cancellationToken)
    {
        const string unknown = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' sid='none'/>";
        try
        {
            using var response = await http.PostAsync(BoshUrl, new StringContent(unknown, Encoding.UTF8, "text/xml"), cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            return answer.Contains("item-not-found", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // Nobody listens yet, or nobody answers.
            return false;
        }
    }

    private bool IsRunning()
    {
        try
        {
            return !_process.HasExited;
        }
        catch (InvalidOperationException)
        {
            // It was never started.
            return false;
        }
    }

    private void Collect(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
    }

    private string Output()
    {
        lock (_output) return _output.ToString();
    }
}
