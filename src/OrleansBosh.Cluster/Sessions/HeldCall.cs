namespace OrleansBosh.Cluster.Sessions;

/// <summary>
/// A call that waits for its session's answer. Completing it runs what awaits it, on the same thread if that is no grain's: only
/// <see cref="SessionTurns"/> does it, outside of every turn.
/// </summary>
internal sealed class HeldCall(LocalSession session, long ticket) : TaskCompletionSource<BoshReply>
{
    private CancellationTokenRegistration _clientGone;

    public long Ticket => ticket;

    /// <summary>The next in the list that it stands in: the session's waiting calls, then the answered ones.</summary>
    public HeldCall? Next { get; set; }

    public BoshReply Reply { get; set; }

    /// <summary>Tells the session when the client's connection breaks.</summary>
    public void Watch(CancellationToken clientGone) => _clientGone = clientGone.UnsafeRegister(static call => ((HeldCall)call!).Abandon(), this);

    /// <summary>Without waiting for a callback that runs just now: it waits for our turn to end.</summary>
    public void Unwatch() => _clientGone.Unregister();

    public static void CompleteAll(HeldCall answered)
    {
        for (HeldCall? call = answered, next; call is not null; call = next)
        {
            // Behind its completion it belongs to nobody.
            next = call.Next;
            call.Next = null;
            call.SetResult(call.Reply);
        }
    }

    private void Abandon() => session.Abandon(ticket);
}
