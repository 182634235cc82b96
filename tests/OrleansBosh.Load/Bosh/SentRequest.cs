using System.Runtime.CompilerServices;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Load.Bosh;

/// <summary>A request that was written completely and whose answer is still to come. Awaiting it awaits the answer.</summary>
public sealed record SentRequest(BoshRequest Request, BoshConnection Connection, Task<BoshAnswer> Answer)
{
    /// <summary>Cuts the connection with a RST and so loses the answer.</summary>
    public void Cut() => Connection.Reset();

    public TaskAwaiter<BoshAnswer> GetAwaiter() => Answer.GetAwaiter();
}
