using Microsoft.Extensions.Logging;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

internal sealed partial class UserGrain
{
    [LoggerMessage(EventId = 301, Level = LogLevel.Error, Message = "The store failed; the sender has been told to try again")]
    private partial void LogStorageFailed(Exception exception);

    [LoggerMessage(EventId = 302, Level = LogLevel.Warning, Message = "Delivered offline messages could not be removed from the store; it will be tried again")]
    private partial void LogOfflineNotRemoved(Exception exception);

    [LoggerMessage(EventId = 303, Level = LogLevel.Information, Message = "A session that holds a resource of a user does not answer")]
    private partial void LogSessionUnreachable(Exception exception);

    [LoggerMessage(EventId = 304, Level = LogLevel.Warning, Message = "A session or another user's grain cannot be reached")]
    private partial void LogTargetUnreachable(Exception exception);

    [LoggerMessage(EventId = 305, Level = LogLevel.Error, Message = "{Count} undeliverable stanzas could not be handled again")]
    private partial void LogReturnFailed(Exception exception, int count);

    [LoggerMessage(EventId = 306, Level = LogLevel.Warning, Message = "A {Kind} was dropped: too much waits for its receiver")]
    private partial void LogLaneFull(StanzaKind kind);

    [LoggerMessage(EventId = 307, Level = LogLevel.Error, Message = "A {Kind} that had to wait could not be handled; its sender was told")]
    private partial void LogHeldFailed(Exception exception, StanzaKind kind);

    [LoggerMessage(EventId = 308, Level = LogLevel.Warning, Message = "The offline messages of a user could not be read; it will be tried again")]
    private partial void LogOfflineNotRead(Exception exception);

    [LoggerMessage(EventId = 309, Level = LogLevel.Warning, Message = "A user's grain ends while {Count} stanzas are on their way; whether they arrive is unknown")]
    private partial void LogLeftUnderWay(int count);
}
