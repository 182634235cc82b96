using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace OrleansBosh.Cluster.Storage;

/// <summary>SQLite in one file. Other processes (the account commands) may have it open at the same time.</summary>
public sealed class SqliteDialect : SqlDialect
{
    /// <summary>The schema that this program reads and writes; the script for it carries the same number.</summary>
    internal const int SchemaVersion = 1;

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

    /// <summary>Connections for reading that are open at the same time, at most.</summary>
    internal static int ReaderCount => 4;

    /// <summary>Writes in one transaction, at most.</summary>
    internal static int BatchSize => 256;

    internal override Task<ISqlRunner> OpenAsync() => Task.Run<ISqlRunner>(() =>
    {
        CreateFile();
        var writer = OpenWriter();
        try
        {
            ApplySchema(writer);
            return new SqliteRunner(this, writer);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    });

    private void CreateFile()
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

    /// <exception cref="StorageOpenException">Not there, not readable, not a database.</exception>
    internal DbConnection OpenWriter() => Open(connection =>
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

    /// <exception cref="StorageOpenException">Not there, not readable, not a database.</exception>
    internal DbConnection OpenReader() => Open(connection => Run(connection, "PRAGMA query_only = ON"));

    /// <summary>Begins a transaction that is going to write.</summary>
    /// <exception cref="StorageException">What is written now would be lost.</exception>
    internal DbTransaction BeginWrite(DbConnection connection)
    {
        // SQLite would go on writing to a file that has been deleted, and all would be lost with the process.
        if (!File.Exists(_path)) throw new StorageException($"{_path}: the file is gone.");
        return ((SqliteConnection)connection).BeginTransaction(deferred: false);
    }

    /// <summary>Begins a transaction whose queries all see the same state, one that holds every completed write.</summary>
    internal static DbTransaction BeginRead(DbConnection connection) => ((SqliteConnection)connection).BeginTransaction(deferred: true);

    /// <summary>A write transaction of SQLite keeps out every other one.</summary>
    internal override Task LockOwnerAsync(SqlSession session, string owner) => Task.CompletedTask;

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

    /// <summary>Creates what is missing of the schema.</summary>
    /// <exception cref="StorageOpenException">The schema is of a newer version, or cannot be written.</exception>
    private void ApplySchema(DbConnection connection)
    {
        try
        {
            using var transaction = BeginWrite(connection);
            var version = ReadSchemaVersion(connection, transaction);
            if (version > SchemaVersion)
            {
                throw new StorageOpenException(
                    $"{Location} was written by a newer version of this program (schema {version}; this one knows {SchemaVersion}).");
            }

            Run(connection, transaction, SchemaScript());
            transaction.Commit();
        }
        catch (DbException e)
        {
            throw new StorageOpenException($"{Location} cannot be set up: {Explain(e)}.", e);
        }
    }

    private static long ReadSchemaVersion(DbConnection connection, DbTransaction transaction)
    {
        if (Ask("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'") == 0) return 0;
        return Ask("SELECT version FROM schema_version");

        long Ask(string query)
        {
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = query;
            return command.ExecuteScalar() is long number ? number : 0;
        }
    }

    private static string SchemaScript()
    {
        const string name = "sql/sqlite/domain.sql";
        using var stream = typeof(SqliteDialect).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is missing from the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

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

    private static void Run(DbConnection connection, string pragma) => Run(connection, null, pragma);

    private static void Run(DbConnection connection, DbTransaction? transaction, string sql)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
