using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Database;

/// <summary>
/// What all nodes of a cluster must have in common and nobody else may know: the keys of session ids, and the secret behind the salts of
/// accounts that do not exist. The first node makes them; as a hosted service this looks for new ones. See <see cref="KeySchedule"/>.
/// </summary>
public sealed partial class ClusterSecrets : BackgroundService
{
    /// <summary>How often a node looks for new keys.</summary>
    internal static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(30);

    /// <summary>Session ids with made-up key numbers must not become a load on the database.</summary>
    internal static readonly TimeSpan ShortestSearchPeriod = TimeSpan.FromSeconds(5);

    private readonly ClusterDatabase _database;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _refreshing = new(1);
    private readonly Lock _lock = new();
    private Task _search = Task.CompletedTask;
    private long? _searchedAt;

    private ClusterSecrets(ClusterDatabase database, SessionIds sessionIds, byte[] decoySecret, TimeProvider time, ILogger logger)
    {
        _database = database;
        SessionIds = sessionIds;
        DecoySecret = decoySecret;
        _time = time;
        _logger = logger;
    }

    /// <summary>Made and checked with the cluster's keys; follows their rotation.</summary>
    public SessionIds SessionIds { get; }

    /// <summary>For <see cref="Embedded.EmbeddedDomainSettings.DecoySecret"/>.</summary>
    public byte[] DecoySecret { get; }

    /// <summary>Reads the secrets, and makes those that do not exist yet.</summary>
    /// <exception cref="StorageOpenException">The database cannot be used.</exception>
    public static async Task<ClusterSecrets> OpenAsync(
        ClusterDatabase database, TimeProvider time, ILogger logger, CancellationToken cancellationToken = default)
    {
        var secrets = new SecretTable(database.DataSource);
        try
        {
            await secrets.MakeFirstAsync(time.GetUtcNow(), cancellationToken);
            var keys = await secrets.ReadAsync(SecretTable.SessionId, cancellationToken);
            var decoy = await secrets.ReadAsync(SecretTable.ScramDecoy, cancellationToken);
            var (current, other) = KeySchedule.Choose(keys, time.GetUtcNow());
            return new(database, new(current, other), decoy[0].Secret, time, logger);
        }
        catch (Exception e) when (PostgreSqlErrors.IsFailure(e))
        {
            throw database.Failed(e);
        }
    }

    /// <summary>
    /// For a session id that was refused: looks for its key in the database, if it is one that this node does not know. That happens only
    /// where a node could not reach the database for long enough to miss a rotation.
    /// </summary>
    /// <returns>True when the key is known now: check the session id again.</returns>
    public async ValueTask<bool> FindKeyAsync(string? sid)
    {
        if (!SessionIds.HasUnknownKey(sid)) return false;
        await SearchAsync();
        return !SessionIds.HasUnknownKey(sid);
    }

    public override void Dispose()
    {
        base.Dispose();
        _refreshing.Dispose();
    }

    /// <summary>Reads the keys and goes on with those that are in force. When that fails, the old ones stay.</summary>
    internal async Task RefreshAsync(CancellationToken cancellationToken = default)
    {
        // One at a time, or an older answer could replace a newer one.
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            var keys = await new SecretTable(_database.DataSource).ReadAsync(SecretTable.SessionId, cancellationToken);
            if (keys.Count == 0)
            {
                LogNotRefreshed(_database.Location, "there are none in the table cluster_secret");
                return;
            }

            var (current, other) = KeySchedule.Choose(keys, _time.GetUtcNow());
            SessionIds.Use(current, other);
        }
        catch (Exception e) when (PostgreSqlErrors.IsFailure(e))
        {
            LogNotRefreshed(_database.Location, PostgreSqlErrors.Explain(e));
        }
        finally
        {
            _refreshing.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RefreshPeriod, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await RefreshAsync(stoppingToken);
    }

    private Task SearchAsync()
    {
        lock (_lock)
        {
            // Who comes meanwhile waits for the same answer, or gets the last one.
            if (!_search.IsCompleted || (_searchedAt is { } last && _time.GetElapsedTime(last) < ShortestSearchPeriod)) return _search;
            _searchedAt = _time.GetTimestamp();
            return _search = RefreshAsync();
        }
    }

    [LoggerMessage(EventId = 411, Level = LogLevel.Warning, Message = "{Location}: {Reason}. The keys of session ids stay as they are; a rotation would be missed")]
    private partial void LogNotRefreshed(string location, string reason);
}
