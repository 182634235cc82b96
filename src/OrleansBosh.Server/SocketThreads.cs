namespace OrleansBosh.Server;

/// <summary>
/// A request is read, answered and written on the thread that saw its bytes: at low load, which is the usual one, each hand-over to another
/// thread costs more than all the rest. The price: nothing in this process may block such a thread, since it has the bytes of others, too.
/// Keys are derived elsewhere (StreamLogin), storage is awaited, and a log that nobody reads loses lines instead of waiting.
/// </summary>
internal static class SocketThreads
{
    private const int MaxInARow = 64;

    [ThreadStatic]
    private static int _answered;

    /// <summary>The runtime's own switch, also the operator's: 0 takes it back.</summary>
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static bool RunRequests => Environment.GetEnvironmentVariable(InlineCompletions) == "1";

    /// <summary>
    /// Who sends more requests at once than are answered in a row goes on among the threads of the pool: a client that never stops would
    /// keep such a thread for itself otherwise.
    /// </summary>
    public static void UseSocketThreads(this IApplicationBuilder app)
    {
        if (RunRequests) app.Use(static next => context => ++_answered % MaxInARow == 0 ? YieldAsync(context, next) : next(context));
    }

    /// <summary>Before the first socket: the runtime looks once, and only there.</summary>
    public static void Prepare()
    {
        if (Environment.GetEnvironmentVariable(InlineCompletions) is null) Environment.SetEnvironmentVariable(InlineCompletions, "1");
    }

    private static async Task YieldAsync(HttpContext context, RequestDelegate next)
    {
        await Task.Yield();
        await next(context);
    }
}
