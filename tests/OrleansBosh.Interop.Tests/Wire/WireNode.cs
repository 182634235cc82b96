using OrleansBosh.Load;
using OrleansBosh.Load.Xmpp;

// Most cases wait for timers of the protocol or make sure that nothing comes; that takes time, but no processor.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>
/// The server under test, one for the whole suite: a node with short timers that starts with the first case, or whatever BOSH_URL names,
/// with guests in BOSH_DOMAIN, and BOSH_ACCOUNT (a bare JID) with BOSH_PASSWORD. Ours must be configured like <see cref="Settings"/>.
/// <para>
/// Cases with the trait Scope do not apply to every server. <c>ours</c> is a choice that the XEPs leave open, or asserts values of our
/// configuration; <c>acks</c>, <c>keys</c> and <c>pause</c> are optional features of XEP-0124 and apply to servers that have them.
/// All other cases read what the server has negotiated, and nothing that is named here.
/// </para>
/// </summary>
internal static class WireNode
{
    public const int MaxWaitSeconds = 60;
    public const int InactivitySeconds = 2;
    public const int PollingInactivitySeconds = 5;
    public const int PollingSeconds = 2;
    public const int MaxPauseSeconds = 6;
    public const int MaxHold = 5;
    public const int LoginSeconds = 8;

    private static readonly Lazy<Task<Uri>> Started = new(StartAsync);

    /// <summary>The domain that the server serves.</summary>
    public static string Domain { get; } = Environment.GetEnvironmentVariable("BOSH_DOMAIN") ?? "localhost";

    /// <summary>A domain with passwords, and how to log in there.</summary>
    public static (string Domain, BoshLogin Login) Account { get; } =
        Environment.GetEnvironmentVariable("BOSH_ACCOUNT")?.Split('@') is [var user, var domain]
            ? (domain, BoshLogin.Scram(user, Environment.GetEnvironmentVariable("BOSH_PASSWORD") ?? "", hash: "SHA-1"))
            : (Domain, BoshLogin.Anonymous());

    /// <summary>
    /// Short timers, since each case that waits for one of them is that long; and no limits on the one address that all cases share.
    /// </summary>
    private static Dictionary<string, string> Settings { get; } = new()
    {
        ["MaxWait"] = Text(MaxWaitSeconds),
        ["Inactivity"] = Text(InactivitySeconds),
        ["PollingInactivity"] = Text(PollingInactivitySeconds),
        ["Polling"] = Text(PollingSeconds),
        ["MaxPause"] = Text(MaxPauseSeconds),
        ["MaxHold"] = $"{MaxHold}",
        ["LoginTimeout"] = Text(LoginSeconds),
        ["CompressAnswers"] = "true",
        ["MaxSessionsPerAddress"] = "100000",
        ["MaxCreationsPerMinute"] = "100000",
        ["MaxBadSidsPerMinute"] = "100000",
    };

    /// <summary>The BOSH resource, as soon as it serves.</summary>
    public static Task<Uri> BoshUrlAsync() => Started.Value;

    private static async Task<Uri> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("BOSH_URL") is { Length: > 0 } url) return new(url);
        // The classes of the suite run in parallel and none of them knows that it is the last, so the node ends with this process. That is
        // given little time for it: what the node stored is left in the build's output, and deleted by the next run.
        var folder = Path.Combine(AppContext.BaseDirectory, "wire-node");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        var node = await NodeProcess.StartAsync(new() { Settings = Settings, DataFolder = folder });
        AppDomain.CurrentDomain.ProcessExit += (_, _) => node.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return node.BoshUrl;
    }

    private static string Text(int seconds) => TimeSpan.FromSeconds(seconds).ToString();
}
