using System.Data.Common;
using System.Net.Sockets;
using Npgsql;

namespace OrleansBosh.Cluster.Storage;

/// <summary>Failures of PostgreSQL in words for an operator. Never with a password, of which no part is in any of these messages.</summary>
internal static class PostgreSqlErrors
{
    /// <summary>
    /// The database has failed, or the way to it; anything else is a bug. Npgsql wraps nearly all in exceptions of its own, but does not promise
    /// it: a bare one of the network means the same.
    /// </summary>
    public static bool IsFailure(Exception exception) => exception is DbException or SocketException or IOException or TimeoutException;

    /// <summary>Half a sentence, such as "it cannot be reached (Connection refused)".</summary>
    public static string Explain(Exception exception) => exception switch
    {
        PostgresException refusal => Explain(refusal),
        TimeoutException or { InnerException: TimeoutException } => "it does not answer in time",
        SocketException socket => $"it cannot be reached ({OneLine(socket.Message)})",
        { InnerException: SocketException socket } => $"it cannot be reached ({OneLine(socket.Message)})",
        IOException or { InnerException: IOException } => "the connection has broken",
        _ => OneLine(exception.Message),
    };

    private static string Explain(PostgresException refusal) => refusal.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword => "the user name or the password is wrong",
        PostgresErrorCodes.InvalidAuthorizationSpecification => $"this user may not connect ({OneLine(refusal.MessageText)})",
        PostgresErrorCodes.InvalidCatalogName => "there is no such database",
        PostgresErrorCodes.InsufficientPrivilege => $"this user has too few rights ({OneLine(refusal.MessageText)})",
        PostgresErrorCodes.CannotConnectNow => "it is starting or stopping",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => "it is being stopped",
        PostgresErrorCodes.TooManyConnections => "it has too many connections",
        PostgresErrorCodes.DiskFull => "its disk is full",
        PostgresErrorCodes.ReadOnlySqlTransaction => "it is read-only",
        PostgresErrorCodes.QueryCanceled => "it does not answer in time",
        _ => OneLine(refusal.MessageText),
    };

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").TrimEnd('.');
}
