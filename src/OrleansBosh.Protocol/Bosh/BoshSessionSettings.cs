namespace OrleansBosh.Protocol.Bosh;

/// <summary>What the engine runs on. Everything advertised to a client is enforced from here.</summary>
public sealed record BoshSessionSettings
{
    public static readonly Version ProtocolVersion = new(1, 11);

    /// <summary>The longest <c>wait</c>, and the one of a client that names none (B-ATT-01, B-ATT-02).</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The largest <c>hold</c>. One, because stanza.js and gloox ask for two and own only two connections (B-ATT-03).</summary>
    public int MaxHold { get; init; } = 1;

    public TimeSpan Inactivity { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>inactivity</c> of sessions that poll; longer than theirs <see cref="Polling"/> (B-ATT-07).</summary>
    public TimeSpan PollingInactivity { get; init; } = TimeSpan.FromSeconds(90);

    public TimeSpan Polling { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause; zero switches pausing off, and it is not advertised then (B-ATT-08).</summary>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long the backend may take to open the stream, before <c>remote-connection-failed</c>.</summary>
    public TimeSpan CreationTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a session may live without having bound a resource (B-CRE-11).</summary>
    public TimeSpan NegotiationTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of one stanza of a client that has not bound a resource; beyond, <c>policy-violation</c>.</summary>
    public int MaxStanzaBytesBeforeLogin { get; init; } = 64 * 1024;

    /// <summary>How long an ended session can still tell its end to a late or repeated request (B-TERM-05, B-RTX-07).</summary>
    public TimeSpan EndGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long replies to a request's payload are awaited before an older request is released empty (B-HOLD-06).</summary>
    public TimeSpan ReplyCollection { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The least time between two answers with payload to requests that were open together: on two connections the second could arrive
    /// first, and most clients do not put answers into the order of their rids.
    /// </summary>
    public TimeSpan AnswerSpacing { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>Offer acknowledgements from the server (B-ACK-01).</summary>
    public bool SendAcks { get; init; } = true;

    /// <summary>Stanzas in one answer (B-HOLD-04); the rest rides the next one.</summary>
    public int MaxAnswerStanzas { get; init; } = 64;

    /// <summary>Bytes of stanzas in one answer; a single larger stanza still goes, alone.</summary>
    public int MaxAnswerBytes { get; init; } = 128 * 1024;

    /// <summary>Stanzas that wait for a client that does not fetch them; beyond, the session ends with <c>policy-violation</c> (B-SEC-03).</summary>
    public int MaxQueueStanzas { get; init; } = 2000;

    public int MaxQueueBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Accepted stanzas that wait for the backend; while there are more, requests are not released early (back-pressure).</summary>
    public int MaxOutboxStanzas { get; init; } = 512;

    /// <summary>Answers kept for a client that acknowledges (B-ACK-06).</summary>
    public int MaxCachedAnswers { get; init; } = 64;

    public int MaxCachedBytes { get; init; } = 1024 * 1024;

    /// <summary>Repeats of one rid before <c>policy-violation</c> (B-OVER-05).</summary>
    public int MaxRepeats { get; init; } = 50;

    /// <summary>Empty requests sent too quickly that are forgiven in a row in sessions that do not poll (B-OVER-04).</summary>
    public int MaxQuickEmpties { get; init; } = 25;
}
