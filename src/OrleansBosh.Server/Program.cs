using OrleansBosh.Server;

return await ServerProgram.RunAsync(args);
