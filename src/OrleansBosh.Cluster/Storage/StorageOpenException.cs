namespace OrleansBosh.Cluster.Storage;

/// <summary>The store cannot be opened. The message is one line for the operator, naming what and why; print it and exit.</summary>
public sealed class StorageOpenException : Exception
{
    public StorageOpenException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public StorageOpenException()
    {
    }

    public StorageOpenException(string message)
        : base(message)
    {
    }
}
