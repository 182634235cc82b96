namespace OrleansBosh.Cluster.Storage;

/// <summary>The store could not do what was asked: disk full, file gone, database away. Answer with a stanza error of type <c>wait</c>.</summary>
public sealed class StorageException : Exception
{
    public StorageException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public StorageException()
    {
    }

    public StorageException(string message)
        : base(message)
    {
    }
}
