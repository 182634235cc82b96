namespace OrleansBosh.Load.Http;

/// <summary>The server wrote something that is not HTTP/1.1. A broken connection is an <see cref="IOException"/> instead.</summary>
public sealed class HttpSyntaxException(string message) : Exception(message);
