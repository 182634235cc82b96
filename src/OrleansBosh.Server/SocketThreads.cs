namespace OrleansBosh.Server;

/// <summary>
/// A request is read, answered and written on the thread that saw its bytes: at low load, which is the usual one, each hand-over to another
/// thread costs more than all the rest. The price: nothing in this process may block such a thread, since it has the bytes of others, too.
/// Keys are derived elsewhere (StreamLogin), storage is awaited, and a log that nobody reads loses lines instead of waiting.
/// </summary>
internal static class SocketThreads
{
    /// <summary>The runtime's own switch, also the operator's: 0 takes it back.</summary>
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static bool RunRequests => Environment.GetEnvironmentVariable(InlineCompletions) == "1";

    /// <summary>Before the first socket: the runtime looks once, and only there.</summary>
    public static void Prepare()
    {
        if (Environment.GetEnvironmentVariable(InlineCompletions) is null) Environment.SetEnvironmentVariable(InlineCompletions, "1");
    }
}
