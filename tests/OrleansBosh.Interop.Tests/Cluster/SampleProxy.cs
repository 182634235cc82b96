using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>A balancer with its sample configuration of <c>deploy/</c>: only addresses, ports and places of files are others.</summary>
public sealed class SampleProxy : IAsyncDisposable
{
    /// <summary>Debian keeps them where not everybody looks.</summary>
    private static readonly string[] Folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/sbin"];

    private const int NodesInSample = 3;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly StringBuilder _output = new();

    private SampleProxy(Process process, DirectoryInfo folder, int port)
    {
        _process = process;
        _folder = folder;
        Url = new($"http://127.0.0.1:{port}/");
    }

    public Uri Url { get; }

    public Uri BoshUrl => new(Url, "http-bind");

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <param name="name"><c>nginx</c> or <c>haproxy</c>.</param>
    /// <param name="cluster">Its first three nodes are those of the sample.</param>
    public static Task<SampleProxy> StartAsync(string name, NodeCluster cluster) => name switch
    {
        "nginx" => StartNginxAsync(cluster),
        "haproxy" => StartHaproxyAsync(cluster),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such sample."),
    };

    /// <summary>The path of one of Debian's programs.</summary>
    public static string Find(string program) => Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"{program} is missing; ./test.sh installs it.");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static Task<SampleProxy> StartNginxAsync(NodeCluster cluster)
    {
        var (folder, port) = (CreateFolder(), LoopbackPorts.FindFree());
        var sample = ReadSample("nginx.conf", cluster);
        // Its usual folders belong to the system's nginx.
        var places = string.Concat(new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(kind => $"{kind}_temp_path {folder.FullName}/{kind};\n"));
        sample = Replace(Replace(sample, "listen 80;", $"listen 127.0.0.1:{port};"), "access_log off;", $"access_log off;\n{places}");
        var file = Write(folder, "nginx.conf", sample);
        return StartAsync(folder, port, "nginx", "-c", file, "-p", folder.FullName, "-e", "stderr", "-g", $"daemon off; pid {folder.FullName}/pid;");
    }

    private static Task<SampleProxy> StartHaproxyAsync(NodeCluster cluster)
    {
        var (folder, port) = (CreateFolder(), LoopbackPorts.FindFree());
        var file = Write(folder, "haproxy.cfg", Replace(ReadSample("haproxy.cfg", cluster), "bind :80\n", $"bind 127.0.0.1:{port}\n"));
        return StartAsync(folder, port, "haproxy", "-db", "-f", file);
    }

    private static string ReadSample(string name, NodeCluster cluster)
    {
        var sample = File.ReadAllText(Path.Combine(Repository.Root, "deploy", name));
        foreach (var node in cluster.Nodes.Take(NodesInSample)) sample = Replace(sample, $"{node.Url.Host}:5280", node.Url.Authority);
        return sample;
    }

    /// <summary>What is not there cannot be replaced: then the sample has changed, and this with it.</summary>
    private static string Replace(string sample, string old, string other)
    {
        Assert.Contains(old, sample, StringComparison.Ordinal);
        return sample.Replace(old, other, StringComparison.Ordinal);
    }

    private static DirectoryInfo CreateFolder()
    {
        var folder = Directory.CreateTempSubdirectory("orleans-bosh-proxy-");
        // Started as root, nginx works as another user.
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return folder;
    }

    private static string Write(DirectoryInfo folder, string name, string text)
    {
        var path = Path.Combine(folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static async Task<SampleProxy> StartAsync(DirectoryInfo folder, int port, string program, params string[] arguments)
    {
        var process = new Process
        {
            StartInfo = new(Find(program), arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        var proxy = new SampleProxy(process, folder, port);
        process.OutputDataReceived += (_, e) => proxy.Collect(e.Data);
        process.ErrorDataReceived += (_, e) => proxy.Collect(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await proxy.WaitUntilListeningAsync(port);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    private async Task WaitUntilListeningAsync(int port)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < StartLimit && !_process.HasExited;)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                // Another process says in no other way that it listens.
                await Task.Delay(50);
            }
        }

        throw new InvalidOperationException($"{_process.StartInfo.FileName} does not listen on {port}:\n{Output}");
    }

    private void Collect(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
    }
}
