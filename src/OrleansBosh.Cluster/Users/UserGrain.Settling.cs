using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// A grain that comes to life just after a silo has left. Its predecessor may have died there, and sessions elsewhere that hold its
/// resources have not claimed them yet (<see cref="Claim"/>). Until they have, whatever arrives for the account waits here, in order: what
/// was stored, bounced or answered now would make somebody look absent who is not.
/// </summary>
/// <remarks>
/// All of it waits for the whole time, about three seconds, instead of each stanza for its own receiver: so no order is changed, neither
/// between presence and message of one sender nor between two of an account's resources. A session that claims later than that is found
/// absent like any other: what came for it was stored, and is delivered when it claims.
/// </remarks>
internal sealed partial class UserGrain
{
    /// <summary>Beyond, stanzas are handled as they come.</summary>
    private const int MaxHeld = 1000;
    private const int MaxHeldBytes = 4 * 1024 * 1024;

    private readonly Queue<Stanza> _held = new();
    private int _heldBytes;
    private bool _isSettling;
    private IGrainTimer? _settlingTimer;

    private void BeginToSettle()
    {
        var rest = _watch.SettlesAt - _time.GetUtcNow();
        if (rest <= TimeSpan.Zero) return;
        _isSettling = true;
        _settlingTimer = this.RegisterGrainTimer(
            static (grain, _) => grain.OnSettledAsync(),
            this,
            new GrainTimerCreationOptions(rest, SiloWatch.SettlingTime) { KeepAlive = true });
    }

    private bool TryHold(Stanza stanza, string? resource)
    {
        if (!_isSettling || _held.Count >= MaxHeld || _heldBytes >= MaxHeldBytes) return false;
        // What the account itself answers depends on no resource.
        if (stanza.Kind == StanzaKind.Iq && resource is null) return false;
        _held.Enqueue(stanza);
        _heldBytes += stanza.Bytes.Length;
        return true;
    }

    private async Task OnSettledAsync()
    {
        if (_watch.IsSettling) return; // another silo has left meanwhile; the timer comes again
        await HandleHeldAsync();
        Settle();
    }

    private async Task HandleHeldAsync()
    {
        using var change = BeginChange();
        _isSettling = false;
        _settlingTimer?.Dispose();
        _settlingTimer = null;
        while (_held.TryDequeue(out var stanza))
        {
            var answer = await HandleHeldAsync(stanza);
            if (answer is not null && Jid.TryParse(stanza.From, out var from)) SendToUser(from, answer);
        }

        _heldBytes = 0;
    }

    private async ValueTask<Stanza?> HandleHeldAsync(Stanza stanza)
    {
        try
        {
            return Jid.TryParse(stanza.To, out var to) ? await TryReceiveAsync(stanza, to.Resource) : null;
        }
        catch (Exception exception)
        {
            // A bug that this stanza has met. Its sender is told, as by the router where nothing was held, and the others go on.
            LogHeldFailed(exception, stanza.Kind);
            return StanzaError.InternalServerError.AnswerTo(stanza);
        }
    }
}
