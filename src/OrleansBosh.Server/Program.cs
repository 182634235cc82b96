using OrleansBosh.Server;

// A request is read, answered and written on the thread that saw its bytes: at low load each hand-over to another thread costs more than all
// the rest. Nothing in this process may block such a thread. The runtime reads this before the first socket, and only from here.
const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
if (Environment.GetEnvironmentVariable(InlineCompletions) is null) Environment.SetEnvironmentVariable(InlineCompletions, "1");

return await ServerProgram.RunAsync(args);
