namespace OrleansBosh.Server.Options;

/// <summary>A wrong option; the message names property, value and allowed range, and is all that the operator needs to see.</summary>
public sealed class OptionsException : Exception
{
    public OptionsException(string message)
        : base(message)
    {
    }

    public OptionsException()
    {
    }

    public OptionsException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
