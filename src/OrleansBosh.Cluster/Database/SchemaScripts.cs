using System.Globalization;
using Npgsql;

namespace OrleansBosh.Cluster.Database;

/// <summary>One script of <c>sql/postgresql</c>, by the number that its name begins with.</summary>
internal sealed record SchemaScript(int Version, string Name, string Text);

/// <summary>The scripts that bring an empty or older database to the schema of this program.</summary>
internal static class SchemaScripts
{
    private const string Folder = "sql/postgresql/";

    /// <summary>Keeps nodes that start at the same time apart. Of this program alone, and per database.</summary>
    private const long LockKey = 0x0B05_4001;

    /// <summary>The schema has no table yet that could tell its version.</summary>
    internal const int NoVersion = -1;

    /// <summary>All scripts, in order; the first is 0 and there is no gap.</summary>
    public static IReadOnlyList<SchemaScript> All { get; } = ReadAll();

    public static int LastVersion => All[^1].Version;

    /// <summary>Runs the scripts that this database has not seen, all or none. Others who do the same wait, and then find nothing to do.</summary>
    /// <returns>The scripts that have run, and the version that was found.</returns>
    public static async Task<(int Found, IReadOnlyList<SchemaScript> Applied)> ApplyAsync(
        NpgsqlConnection connection, IReadOnlyList<SchemaScript> scripts, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var hold = new NpgsqlCommand("SELECT pg_advisory_xact_lock(@key)", connection) { Parameters = { new("key", LockKey) } })
        {
            await hold.ExecuteNonQueryAsync(cancellationToken);
        }

        var found = await ReadVersionAsync(connection, cancellationToken);
        var missing = scripts.Where(script => script.Version > found).ToArray();
        foreach (var script in missing) await RunAsync(connection, script, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (found, missing);
    }

    /// <summary>The last script that has run in this database, or <see cref="NoVersion"/>.</summary>
    public static async Task<int> ReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var look = new NpgsqlCommand("SELECT to_regclass('orleans_bosh.schema_version') IS NOT NULL", connection);
        if (await look.ExecuteScalarAsync(cancellationToken) is not true) return NoVersion;
        await using var read = new NpgsqlCommand($"SELECT coalesce(max(version), {NoVersion}) FROM orleans_bosh.schema_version", connection);
        return Convert.ToInt32(await read.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    private static async Task RunAsync(NpgsqlConnection connection, SchemaScript script, CancellationToken cancellationToken)
    {
        await using var run = new NpgsqlCommand(script.Text, connection);
        await run.ExecuteNonQueryAsync(cancellationToken);
        await using var record = new NpgsqlCommand("INSERT INTO orleans_bosh.schema_version (version, script) VALUES (@version, @script)", connection)
        {
            Parameters = { new("version", script.Version), new("script", script.Name) },
        };
        await record.ExecuteNonQueryAsync(cancellationToken);
    }

    private static SchemaScript[] ReadAll()
    {
        var assembly = typeof(SchemaScripts).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(resource => resource.StartsWith(Folder, StringComparison.Ordinal))
                .Select(resource =>
                {
                    using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
                    var name = resource[Folder.Length..];
                    return new SchemaScript(int.Parse(name.Split('_')[0], CultureInfo.InvariantCulture), name, reader.ReadToEnd());
                })
                .OrderBy(script => script.Version),
        ];
    }
}
