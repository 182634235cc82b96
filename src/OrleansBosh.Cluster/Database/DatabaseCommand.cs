using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Database;

/// <summary>The database commands: what follows <c>database</c> on the command line. All but a change of the domain may run beside the nodes.</summary>
public sealed class DatabaseCommand
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int WrongUsage = 2;

    private const string Usage = """
        Usage: database status           tells what the database is and whether its schema is that of this program
               database migrate          creates what is missing of the schema; a node does so itself when it starts
               database rotate-secrets   makes a new key for session ids, which running nodes take over within minutes
               database set-domain NAME  lets the cluster serve another domain; stop all its nodes before
        """;

    private readonly string _connectionString;
    private readonly string _clusterId;
    private readonly TimeProvider _time;
    private readonly TextWriter _output;

    private DatabaseCommand(string connectionString, string clusterId, TimeProvider time, TextWriter output)
    {
        _connectionString = connectionString;
        _clusterId = clusterId;
        _time = time;
        _output = output;
    }

    /// <summary>Runs one command, without waiting for a database that cannot be used.</summary>
    /// <param name="args">The arguments behind <c>database</c>.</param>
    /// <param name="connectionString">The cluster's database.</param>
    /// <param name="clusterId">Which cluster of that database.</param>
    /// <param name="time">The time of new keys, and of this machine.</param>
    /// <param name="stdout">Gets what was done or found.</param>
    /// <param name="stderr">Gets one line on what went wrong, or the usage.</param>
    /// <returns>The exit code: 0 done or up to date, 1 not possible or not up to date, 2 wrong usage.</returns>
    public static async Task<int> RunAsync(
        string[] args, string connectionString, string clusterId, TimeProvider time, TextWriter stdout, TextWriter stderr)
    {
        var command = new DatabaseCommand(connectionString, clusterId, time, stdout);
        try
        {
            switch (args)
            {
                case ["status"]:
                    return await command.ShowStatusAsync();
                case ["migrate"]:
                    return await command.MigrateAsync();
                case ["rotate-secrets"]:
                    return await command.RotateAsync();
                case ["set-domain", var name]:
                    return await command.SetDomainAsync(name);
                default:
                    await stderr.WriteLineAsync(Usage);
                    return WrongUsage;
            }
        }
        catch (Exception e) when (e is StorageOpenException or StorageException)
        {
            await stderr.WriteLineAsync(e.Message);
            return Failed;
        }
    }

    private async Task<int> ShowStatusAsync()
    {
        await using var database = ClusterDatabase.Connect(_connectionString, _time, NullLogger.Instance);
        var status = await database.InspectAsync(default);
        await _output.WriteLineAsync($"{database.Location}, version {status.Server}");
        var isClockRight = status.ClockDifference.Duration() <= DatabaseClock.MaxDifference;
        await WriteAsync($"Clock   {(isClockRight ? "right" : "wrong")}: it differs by {status.ClockDifference.Duration().TotalSeconds:0.0} s");
        await WriteAsync($"Schema  {Describe(status.Schema)}");
        if (status.Schema == SchemaScripts.LastVersion)
        {
            var domain = await new ClusterDomain(database, _clusterId).ReadAsync(default);
            if (domain is not null) await WriteAsync($"Domain  {domain}, of cluster {_clusterId}");
            foreach (var key in await ReadKeysAsync(database)) await WriteAsync($"Key     {key.Number}, made {key.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
        }

        return isClockRight && status.Schema == SchemaScripts.LastVersion ? Done : Failed;
    }

    private static async Task<IReadOnlyList<StoredSecret>> ReadKeysAsync(ClusterDatabase database)
    {
        try
        {
            return await new SecretTable(database.DataSource).ReadAsync(SecretTable.SessionId, default);
        }
        catch (Exception e) when (PostgreSqlErrors.IsFailure(e))
        {
            throw database.Failed(e);
        }
    }

    private static string Describe(int schema) => schema switch
    {
        SchemaScripts.NoVersion => "none; a node or 'database migrate' creates it",
        _ when schema < SchemaScripts.LastVersion => string.Create(
            CultureInfo.InvariantCulture, $"{schema}, older than the {SchemaScripts.LastVersion} of this program; a node or 'database migrate' brings it up to date"),
        _ when schema > SchemaScripts.LastVersion => string.Create(
            CultureInfo.InvariantCulture, $"{schema}, newer than the {SchemaScripts.LastVersion} of this program, which cannot use it"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{schema}, up to date"),
    };

    private async Task<int> MigrateAsync()
    {
        await using var database = await OpenAsync();
        foreach (var script in database.Applied) await _output.WriteLineAsync($"Applied {script.Name}");
        await WriteAsync($"{database.Location} is up to date (schema {SchemaScripts.LastVersion}).");
        return Done;
    }

    private async Task<int> RotateAsync()
    {
        await using var database = await OpenAsync();
        var secrets = new SecretTable(database.DataSource);
        try
        {
            await secrets.MakeFirstAsync(_time.GetUtcNow(), default);
            var (isRotated, keys) = await secrets.RotateAsync(_time.GetUtcNow(), default);
            var inForce = (keys[0].CreatedAt + KeySchedule.Grace).UtcDateTime;
            if (!isRotated)
            {
                throw new StorageException(string.Create(
                    CultureInfo.InvariantCulture, $"Key {keys[0].Number} comes into force at {inForce:HH:mm:ss} UTC; until then there is no other. Nothing has changed."));
            }

            await WriteAsync($"Key {keys[0].Number} makes the session ids from {inForce:HH:mm:ss} UTC on; those of key {keys[1].Number} stay valid until the next rotation, older ones end.");
            return Done;
        }
        catch (Exception e) when (PostgreSqlErrors.IsFailure(e))
        {
            throw new StorageException($"{database.Location}: {PostgreSqlErrors.Explain(e)}.", e);
        }
    }

    private async Task<int> SetDomainAsync(string name)
    {
        if (!Jid.TryPrepareDomain(name, out var domain)) throw new StorageException($"'{name}' is no domain name like example.com. Nothing has changed.");
        await using var database = await OpenAsync();
        await new ClusterDomain(database, _clusterId).SetAsync(domain, default);
        await WriteAsync($"The cluster {_clusterId} serves {domain}: start its nodes with this Bosh:Domain. Accounts of another domain stay with that one.");
        return Done;
    }

    private Task<ClusterDatabase> OpenAsync() => ClusterDatabase.OpenAsync(_connectionString, TimeSpan.Zero, _time, NullLogger.Instance);

    private async Task WriteAsync(FormattableString line) => await _output.WriteLineAsync(line.ToString(CultureInfo.InvariantCulture));
}
