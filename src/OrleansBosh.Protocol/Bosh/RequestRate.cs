namespace OrleansBosh.Protocol.Bosh;

/// <summary>Tells a client that polls too fast from one that is merely lively (XEP-0124 §11 and §12).</summary>
internal sealed class RequestRate(BoshSessionSettings settings, bool isPolling)
{
    /// <summary>When the last new request arrived.</summary>
    public DateTimeOffset LastArrival { get; set; }

    /// <summary>The last new request was empty, and so was its answer.</summary>
    public bool LastWasIdle { get; set; }

    /// <summary>Quick empty requests in a row, in sessions that do not poll.</summary>
    public int Strikes { get; set; }

    /// <summary>Notes the next new request in rid order.</summary>
    /// <param name="arrivedAt">When it arrived.</param>
    /// <param name="isEmpty">It has no payload and is no pause, terminate or restart (B-POLL-03).</param>
    /// <param name="leavesWindowFull">With it, as many live requests are unanswered as <c>requests</c> allows.</param>
    /// <returns>False for <c>policy-violation</c>.</returns>
    public bool Accept(DateTimeOffset arrivedAt, bool isEmpty, bool leavesWindowFull)
    {
        // One that overtook its predecessor says nothing about how far apart the two were sent.
        var isQuick = arrivedAt >= LastArrival && arrivedAt - LastArrival < settings.Polling;
        LastArrival = arrivedAt;
        if (isPolling)
        {
            var isViolation = isEmpty && isQuick && LastWasIdle;
            LastWasIdle = isEmpty; // until its answer turns out to carry something, see Answered
            return !isViolation;
        }

        // B-OVER-04: strict counting would end honest sessions after a page reload, so only a long row of quick empties counts.
        if (isEmpty && isQuick && leavesWindowFull) Strikes++;
        else Strikes = 0;
        return Strikes <= settings.MaxQuickEmpties;
    }

    /// <summary>Notes that an answer with payload left (B-POLL-03).</summary>
    public void AnsweredWithPayload() => LastWasIdle = false;
}
