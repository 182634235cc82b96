
namespace OrleansBosh.Load;

/// <summary>
/// A real cluster on this machine: PostgreSQL and nodes as processes of their own, node N on 127.0.0.N, all on one port. The one way to
/// start one, for tests, for measurements and for <c>cluster.sh</c>.
/// </summary>
public sealed class NodeCluster : IAsyncDisposable
{
    private readonly NodeClusterOptions _options;
    private readonly int _port;
    private readonly int _siloPort;
    private readonly string _connection;
    private readonly List<NodeProcess> _nodes = [];

    private NodeCluster(NodeClusterOptions options, int port, PostgresServer? database, string connection)
    {
        _options = options;
        _port = port;
        // Several clusters may run on this machine, and their silos are on the same addresses.
        _siloPort = LoopbackPorts.FindFree(options.Count + 1);
        Database = database;
        _connection = connection;
    }

    /// <summary>The server that was started for this cluster; null where the caller has one.</summary>
    public PostgresServer? Database { get; }

    /// <summary>The nodes by number, less one; one that has ended stays until it is started again.</summary>
    public IReadOnlyList<NodeProcess> Nodes => _nodes;

    /// <summary>Starts all at once, as after a power cut, and waits until every node serves.</summary>
    public static async Task<NodeCluster> StartAsync(NodeClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        var server = options.Database is null ? await PostgresServer.StartNewAsync() : null;
        var cluster = new NodeCluster(
            options,
            options.Port == 0 ? LoopbackPorts.FindFree(options.Count + 1) : options.Port,
            server,
            options.Database ?? await server!.CreateDatabaseAsync());
        try
        {
            var starts = Enumerable.Range(1, options.Count).Select(number => cluster.LaunchAsync(number, cancellationToken)).ToArray();
            // Each ends by itself before the first failure is thrown, so that none is left behind.
            await Task.WhenAll(starts.Select(start => start.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)));
            cluster._nodes.AddRange(starts.Where(start => start.IsCompletedSuccessfully).Select(start => start.Result));
            await Task.WhenAll(starts);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node that has ended, or the next one, and waits until it serves.</summary>
    /// <param name="number">From 1.</param>
    /// <param name="cancellationToken">Ends the waiting, and the node with it.</param>
    public async Task<NodeProcess> StartNodeAsync(int number, CancellationToken cancellationToken = default)
    {
        var node = await LaunchAsync(number, cancellationToken);
        if (number == _nodes.Count + 1)
        {
            _nodes.Add(node);
            return node;
        }

        await _nodes[number - 1].DisposeAsync();
        return _nodes[number - 1] = node;
    }

    /// <summary>Runs a command of the server, like <c>user add</c>, with the settings of the first node.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds its output.</exception>
    public async Task RunCommandAsync(params string[] arguments)
    {
        await using var command = NodeProcess.Launch(OptionsOf(1) with { Arguments = arguments });
        var code = await command.WaitForExitAsync(TimeSpan.FromSeconds(60));
        if (code != 0) throw new InvalidOperationException($"'{string.Join(' ', arguments)}' ended with exit code {code}:\n{command.Output}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        if (Database is not null) await Database.DisposeAsync();
    }

    private Task<NodeProcess> LaunchAsync(int number, CancellationToken cancellationToken) =>
        NodeProcess.StartAsync(OptionsOf(number), cancellationToken);

    private NodeProcessOptions OptionsOf(int number)
    {
        var address = $"127.0.0.{number}";
        var settings = new Dictionary<string, string>(_options.Settings) { ["Database"] = _connection };
        settings.TryAdd("PublicUrl", $"{(_options.Authority is null ? "http" : "https")}://{address}:{_port}/http-bind");
        settings.TryAdd("SiloAddress", $"{address}:{_siloPort}");
        foreach (var (name, value) in _options.NodeSettings?.Invoke(number) ?? new Dictionary<string, string>()) settings[name] = value;
        return new()
        {
            Address = address,
            Port = _port,
            Authority = _options.Authority,
            ServerAssembly = _options.ServerAssembly,
            InOwnSession = _options.InOwnSessions,
            Settings = settings,
            Output = _options.Output is { } output ? line => output(number, line) : null,
            // Several processes share the cores, and one may have to wait for a row of a dead one to get old.
            ReadyLimit = TimeSpan.FromSeconds(120),
        };
    }
}
