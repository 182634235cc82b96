using Microsoft.Extensions.Logging;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Sessions;

internal sealed partial class LocalSession
{
    [LoggerMessage(100, LogLevel.Error, "The backend failed at {Step}; the session ends with internal-server-error.", EventName = nameof(PumpAsync))]
    private static partial void LogPumpFailed(ILogger logger, Exception exception, OutboxKind step);

    [LoggerMessage(101, LogLevel.Error, "The session engine failed; the session is dropped.", EventName = nameof(StartPump))]
    private static partial void LogSessionFailed(ILogger logger, Exception exception);
}
