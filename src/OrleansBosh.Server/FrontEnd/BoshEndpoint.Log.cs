namespace OrleansBosh.Server.FrontEnd;

internal sealed partial class BoshEndpoint
{
    [LoggerMessage(200, LogLevel.Debug, "A body was refused: {Reason}.", EventName = nameof(PostAsync))]
    private partial void LogBodyRefused(string reason);

    [LoggerMessage(201, LogLevel.Debug, "A session's owner cannot be reached ({Exception}); the call is repeated.", EventName = nameof(RepeatAsync))]
    private partial void LogOwnerUnreachable(string exception);

    [LoggerMessage(202, LogLevel.Error, "A request failed; it is answered internal-server-error.", EventName = "Failed")]
    private partial void LogFailed(Exception exception);
}
