namespace OrleansBosh.Load.Bench;

/// <summary>A measurement has no value; the message says why.</summary>
internal sealed class BenchException(string message, Exception? cause = null) : Exception(message, cause);
