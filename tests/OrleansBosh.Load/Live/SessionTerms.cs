using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Load.Live;

/// <summary>What the creation answer granted.</summary>
internal sealed record SessionTerms(string Sid, TimeSpan Wait, int Hold, int Requests, TimeSpan Polling)
{
    /// <summary>Nothing is held: the client asks at intervals.</summary>
    public bool IsPolling => Hold == 0 || Wait == TimeSpan.Zero;

    public static SessionTerms Of(BoshAnswer creation, BoshClientOptions options)
    {
        var hold = (int)(creation.Number("hold") ?? options.Hold);
        return new SessionTerms(
            creation.Sid ?? throw new BoshProtocolException("The answer to the creation request has no sid (B-CRE-03)."),
            TimeSpan.FromSeconds(creation.Number("wait") ?? throw new BoshProtocolException("The creation answer has no wait (B-CRE-03).")),
            hold,
            (int)(creation.Number("requests") ?? hold + 1),
            TimeSpan.FromSeconds(creation.Number("polling") ?? 5));
    }
}
