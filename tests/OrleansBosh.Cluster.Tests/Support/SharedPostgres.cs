using OrleansBosh.Load;

namespace OrleansBosh.Cluster.Tests.Support;

/// <summary>The one PostgreSQL of this test run, started by the first test that needs it, with a database for each test that asks.</summary>
internal static class SharedPostgres
{
    private static readonly Lazy<Task<PostgresServer>> Server = new(PostgresServer.StartNewAsync);

    /// <summary>Time enough for a machine that is busy with other tests.</summary>
    public const string Patient = ";Timeout=60;Command Timeout=60";

    /// <summary>A part of a name is too long for DNS: no server is asked, and the answer comes at once.</summary>
    public static readonly string UnresolvableHost = $"{new string('x', 64)}.example.org";

    /// <returns>The connection string of a new, empty database.</returns>
    public static async Task<string> CreateDatabaseAsync() => await (await Server.Value).CreateDatabaseAsync() + Patient;

    /// <returns>A connection string that leads to this server, where there is no such database.</returns>
    public static async Task<string> MissingDatabaseAsync() => (await Server.Value).ConnectionString("nowhere") + Patient;
}
