using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansBosh.Cluster.Storage;

namespace OrleansBosh.Cluster.Database;

/// <summary>
/// The PostgreSQL database that makes nodes a cluster: membership, domain data and secrets, in a schema of its own. Opening it waits for
/// the server, checks it, and brings the schema up to date; several nodes may do that at the same moment.
/// </summary>
public sealed partial class ClusterDatabase : IAsyncDisposable
{
    /// <summary>The schema that holds all our tables.</summary>
    public const string Schema = "orleans_bosh";

    /// <summary>For connecting, and for each command: whoever waits longer is better told that it does not work now.</summary>
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private static readonly Version OldestServer = new(13, 0);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    private ClusterDatabase(NpgsqlDataSource dataSource, string location, TimeProvider time, ILogger logger)
    {
        DataSource = dataSource;
        Location = location;
        _time = time;
        _logger = logger;
    }

    /// <summary>Connections whose search path is our schema.</summary>
    public NpgsqlDataSource DataSource { get; }

    /// <summary>Like <c>PostgreSQL db.example.com:5432/chat</c>, for messages to the operator.</summary>
    public string Location { get; }

    internal TimeProvider Time => _time;

    internal ILogger Logger => _logger;

    /// <summary>The scripts that opening it has run; empty where the schema was up to date.</summary>
    internal IReadOnlyList<SchemaScript> Applied { get; private set; } = [];

    /// <summary>Opens the database and brings its schema up to date.</summary>
    /// <param name="connectionString">As Npgsql wants it: <c>Host=…;Database=…;Username=…;Password=…</c>.</param>
    /// <param name="patience">
    /// How long to try again while something is wrong that others may repair meanwhile: the server is away or too old, the password or the
    /// database is not there yet, a clock is wrong. Zero tries once.
    /// </param>
    /// <param name="time">For the clock check and the pauses.</param>
    /// <param name="logger">Hears of each attempt that failed.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StorageOpenException">Not possible; the message is one line for the operator, without the password.</exception>
    public static async Task<ClusterDatabase> OpenAsync(
        string connectionString, TimeSpan patience, TimeProvider time, ILogger logger, CancellationToken cancellationToken = default)
    {
        var database = Connect(connectionString, time, logger);
        try
        {
            await database.PrepareAsync(patience, OldestServer, cancellationToken);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => DataSource.DisposeAsync();

    /// <summary>Reads the connection string; nothing is opened yet.</summary>
    /// <exception cref="StorageOpenException">It is none.</exception>
    internal static ClusterDatabase Connect(string connectionString, TimeProvider time, ILogger logger)
    {
        NpgsqlConnectionStringBuilder connection;
        try
        {
            connection = new(connectionString);
            connection.SearchPath = Schema;
            SetDefault("Timeout", (int)Timeout.TotalSeconds);
            SetDefault("Command Timeout", (int)Timeout.TotalSeconds);
            SetDefault("Cancellation Timeout", 1000);
            SetDefault("Application Name", "OrleansBosh");
            return new(new NpgsqlDataSourceBuilder(connection.ConnectionString).Build(), LocationOf(connection), time, logger);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            // Not the message of the exception: it may quote a piece of a password with a semicolon in it.
            throw new StorageOpenException(
                "The connection string is wrong; it must look like Host=db.example.com;Database=chat;Username=chat;Password=….", e);
        }

        void SetDefault(string keyword, object value)
        {
            if (!connection.ShouldSerialize(keyword)) connection[keyword] = value;
        }
    }

    /// <summary>Waits for the server, checks it and brings the schema up to date.</summary>
    /// <exception cref="StorageOpenException">Not possible, or still not after <paramref name="patience"/>.</exception>
    internal async Task PrepareAsync(TimeSpan patience, Version oldestServer, CancellationToken cancellationToken)
    {
        var begin = _time.GetTimestamp();
        var pause = FirstPause;
        while (await FindObstacleAsync(oldestServer, cancellationToken) is { } obstacle)
        {
            var left = patience - _time.GetElapsedTime(begin);
            if (left <= TimeSpan.Zero) throw obstacle;
            if (pause > left) pause = left;
            LogTryAgain(obstacle.Message, pause.TotalSeconds);
            await Task.Delay(pause, _time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>One look at the database without changing it.</summary>
    /// <exception cref="StorageOpenException">It cannot be reached.</exception>
    internal async Task<DatabaseStatus> InspectAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await DataSource.OpenConnectionAsync(cancellationToken);
            return new(
                connection.PostgreSqlVersion,
                await SchemaScripts.ReadVersionAsync(connection, cancellationToken),
                await DatabaseClock.MeasureAsync(connection, _time, cancellationToken));
        }
        catch (Exception e) when (PostgreSqlErrors.IsFailure(e))
        {
            throw Failed(e);
        }
    }

    /// <summary>A failure of the database as one line for the operator.</summary>
    internal StorageOpenException Failed(Exception e) => new($"{Location} cannot be used: {PostgreSqlErrors.Explain(e)}.", e);

    /// <summary>One attempt. Null: all is well; otherwise what may go away by itself. What cannot is thrown.</summary>
    private async Task<StorageOpenException?> FindObstacleAsync(Version oldestServer, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await DataSource.OpenConnectionAsync(cancellationToken);
            if (connection.PostgreSqlVersion < oldestServer)
            {
                return new($"{Location} is of version {connection.PostgreSqlVersion}; this program needs {oldestServer.Major} or later.");
            }

            var difference = await DatabaseClock.MeasureAsync(connection, _time, cancellationToken);
            if (difference.Duration() > DatabaseClock.MaxDifference) return ClockIsWrong(difference);

            var (found, applied) = await SchemaScripts.ApplyAsync(connection, SchemaScripts.All, cancellationToken);
            if (found > SchemaScripts.LastVersion)
            {
                throw new StorageOpenException(
                    $"{Location} was set up by a newer version of this program (schema {found}; this one knows {SchemaScripts.LastVersion}).");
            }

            Applied = applied;
            foreach (var script in applied) LogApplied(script.Name);
            return null;
        }
        catch (Exception e) when (PostgreSqlErrors.IsFailure(e))
        {
            return Failed(e);
        }
    }

    private StorageOpenException ClockIsWrong(TimeSpan difference)
    {
        var direction = difference > TimeSpan.Zero ? "ahead of" : "behind";
        return new(
            string.Create(CultureInfo.InvariantCulture, $"The clock of this machine is {difference.Duration().TotalSeconds:0.0} s {direction} {Location}; ")
            + string.Create(CultureInfo.InvariantCulture, $"{DatabaseClock.MaxDifference.TotalSeconds:0} s are allowed. Set the clocks, best by NTP."));
    }

    /// <summary>Hosts may have ports of their own, and Npgsql takes the user's name for a database that is not named.</summary>
    private static string LocationOf(NpgsqlConnectionStringBuilder connection)
    {
        var port = connection.Host?.Contains(':', StringComparison.Ordinal) == true ? "" : $":{connection.Port}";
        return $"PostgreSQL {connection.Host}{port}/{connection.Database ?? connection.Username}";
    }

    [LoggerMessage(EventId = 401, Level = LogLevel.Warning, Message = "{Obstacle} Next attempt in {Seconds:0.0} s")]
    private partial void LogTryAgain(string obstacle, double seconds);

    [LoggerMessage(EventId = 402, Level = LogLevel.Information, Message = "The database has got {Script}")]
    private partial void LogApplied(string script);
}
