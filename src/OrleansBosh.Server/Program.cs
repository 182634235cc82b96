using OrleansBosh.Server;

SocketThreads.Prepare();
return await ServerProgram.RunAsync(args);
