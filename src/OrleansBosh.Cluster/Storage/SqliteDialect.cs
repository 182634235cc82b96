using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace OrleansBosh.Cluster.Storage;

/// <summary>SQLite in one file. Other processes (the account commands) may have it open at the same time.</summary>
public sealed class SqliteDialect : SqlDialect
{
    // Result codes of SQLite that an operator can do something about.
    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    private readonly string _path;
    private readonly int _busySeconds;
    private readonly string _connectionString;

    /// <param name="path">The file; it and its folder are created when missing, for this user only.</param>
    public SqliteDialect(string path)
        : this(path, busySeconds: 5)
    {
    }

    /// <param name="path">The file.</param>
    /// <param name="busySeconds">How long a write waits for another process that is writing; at least 1.</param>
    internal SqliteDialect(string path, int busySeconds)
    {
        _path = Path.GetFullPath(path);
        _busySeconds = busySeconds;
        SchemaScript = Script("sql/sqlite/domain.sql");

        // Never "create" here: a file that has vanished must be noticed, not replaced by an empty one. No pooling, because a closed
        // store must have closed its file.
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            ForeignKeys = true,
            DefaultTimeout = busySeconds,
        }.ConnectionString;
    }

    public override string Location => _path;

    internal override int ReaderCount => 4;

    internal override int BatchSize => 256;

    internal override string SchemaScript { get; }

    internal override void Prepare()
    {
        try
        {
            var folder = Path.GetDirectoryName(_path) ?? _path;
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
                File.Open(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete).Dispose();
                return;
            }

            // The modes hold for what is created here. SQLite gives its -wal and -shm files the mode of the main one.
            const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Directory.CreateDirectory(folder, ownerOnly | UnixFileMode.UserExecute);
            new FileStream(_path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = ownerOnly,
            }).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageOpenException($"The data file {_path} cannot be opened: {e.Message}", e);
        }
    }

    internal override DbConnection OpenWriter() => Open(connection =>
    {
        using var wal = connection.CreateCommand();
        wal.CommandText = "PRAGMA journal_mode = WAL";
        if (wal.ExecuteScalar() is not "wal")
        {
            throw new StorageOpenException($"The data file {_path} cannot be opened: its file system does not support SQLite's WAL mode.");
        }

        // With WAL, NORMAL leaves the last transactions to the operating system's cache; FULL flushes at each commit, so that an
        // accepted offline message survives a power cut. The batches of the write queue make the flush cheap.
        Run(connection, "PRAGMA synchronous = FULL");
    });

    internal override DbConnection OpenReader() => Open(connection => Run(connection, "PRAGMA query_only = ON"));

    internal override DbTransaction BeginWrite(DbConnection connection)
    {
        // SQLite would go on writing to a file that has been deleted, and all would be lost with the process.
        if (!File.Exists(_path)) throw new StorageException($"{_path}: the file is gone.");
        return ((SqliteConnection)connection).BeginTransaction(deferred: false);
    }

    internal override DbTransaction BeginRead(DbConnection connection) => ((SqliteConnection)connection).BeginTransaction(deferred: true);

    internal override void LockSchema(SqlSession session)
    {
        // A write transaction of SQLite keeps out every other one.
    }

    internal override void LockOwner(SqlSession session, string owner)
    {
        // As above.
    }

    internal override bool HasSchema(SqlSession session) =>
        session.Query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'", row => row.GetInt64(0)).Count > 0;

    internal override string Explain(DbException exception) => (exception as SqliteException)?.SqliteErrorCode switch
    {
        Busy => "another process keeps it locked",
        ReadOnly => "it is read-only",
        Corrupt => "the file is damaged",
        Full => "the disk is full",
        CannotOpen => "the file cannot be opened",
        NotADatabase => "it is not a SQLite database",
        _ => exception.Message.ReplaceLineEndings(" ").TrimEnd('.'),
    };

    private SqliteConnection Open(Action<SqliteConnection> configure)
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();

            // SQLite's own waiting reacts within milliseconds; that of the ADO.NET provider, behind it, only looks every 150 ms.
            Run(connection, $"PRAGMA busy_timeout = {_busySeconds * 1000}");
            configure(connection);
            return connection;
        }
        catch (DbException e)
        {
            connection.Dispose();
            throw new StorageOpenException($"The data file {_path} cannot be opened: {Explain(e)}.", e);
        }
        catch (StorageOpenException)
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Run(SqliteConnection connection, string pragma)
    {
        using var command = connection.CreateCommand();
        command.CommandText = pragma;
        command.ExecuteNonQuery();
    }
}
