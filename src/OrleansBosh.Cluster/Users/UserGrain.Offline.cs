namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Messages that came while the account was away (P-RT-05). They stay in the store until a session has them. Where the store fails at either
/// end, it is tried again while the grain lives: nobody has to log in again for what he missed, or gets it twice then.
/// </summary>
internal sealed partial class UserGrain
{
    private static readonly TimeSpan FirstOfflinePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestOfflinePause = TimeSpan.FromSeconds(30);

    /// <summary>The session that is being given the offline messages.</summary>
    private Guid? _offlineReader;
    private long _offlineLast;

    /// <summary>Up to here they have been delivered and are not removed yet; 0: there are none.</summary>
    private long _offlineToRemove;
    private IGrainTimer? _offlineTimer;
    private TimeSpan _offlinePause = FirstOfflinePause;

    /// <summary>Nothing is being delivered or waits for the store.</summary>
    private bool IsOfflineSettled => _offlineReader is null && _offlineToRemove == 0 && _offlineTimer is null;

    /// <summary>On the first presence that takes messages: what came meanwhile.</summary>
    private async ValueTask DeliverOfflineAsync(Resource resource)
    {
        if (_isGuest || _offlineReader is not null) return;
        using var change = BeginChange();
        try
        {
            if (_offlineToRemove > 0) await RemoveOfflineAsync(_offlineToRemove);
            var messages = await _offline.ReadAsync(_jid.Text, _settings.MaxOfflineMessages);
            _offlinePause = FirstOfflinePause;
            if (messages.Count == 0) return;
            _offlineLast = 0;
            foreach (var (id, message) in messages)
            {
                // Before the lane has it: it may be delivered, and even forgotten, when that returns.
                var before = (_offlineReader, _offlineLast);
                (_offlineReader, _offlineLast) = (resource.SessionId, id);
                if (_lanes.TryAdd(LaneTarget.ToSession(resource.SessionId), new(message, OfflineId: id))) continue;
                // A lane that is full keeps the rest for the next time.
                (_offlineReader, _offlineLast) = before;
                break;
            }
        }
        catch (Exception exception)
        {
            // The store, or a bug. They stay where they are; the user is online nevertheless.
            LogOfflineNotRead(exception);
            TryOfflineAgainLater();
        }
    }

    /// <summary>The reader of the offline messages has gone before it had them: another resource may be there for them.</summary>
    private async ValueTask PassOfflineOnAsync()
    {
        _offlineReader = null;
        if (AnyPresent is { } next) await DeliverOfflineAsync(next);
    }

    /// <summary>
    /// The session has them now; only then are they removed from the store. Whatever fails here, they stay delivered: it does not throw.
    /// </summary>
    private async Task ForgetOfflineAsync(IReadOnlyList<LaneItem> items, int taken)
    {
        var last = 0L;
        for (var i = 0; i < taken; i++) last = Math.Max(last, items[i].OfflineId);
        if (last == 0) return;
        // Before the store is asked: a session that ends meanwhile has the rest read for another one, and these must not be among it.
        _offlineToRemove = Math.Max(_offlineToRemove, last);
        if (last == _offlineLast) _offlineReader = null;
        await RemoveDeliveredAsync();
        Settle();
    }

    private async ValueTask RemoveOfflineAsync(long last)
    {
        await _offline.RemoveThroughAsync(_jid.Text, last);
        if (_offlineToRemove <= last) _offlineToRemove = 0;
    }

    private void TryOfflineAgainLater()
    {
        if (_offlineTimer is not null) return;
        _offlineTimer = this.RegisterGrainTimer(
            static (grain, _) => grain.TryOfflineAgainAsync(), this, new GrainTimerCreationOptions(_offlinePause, Timeout.InfiniteTimeSpan));
        _offlinePause = _offlinePause * 2 < LongestOfflinePause ? _offlinePause * 2 : LongestOfflinePause;
    }

    private async Task TryOfflineAgainAsync()
    {
        _offlineTimer?.Dispose();
        _offlineTimer = null;
        // Not left to the delivery, which does nothing while another session is the reader.
        await RemoveDeliveredAsync();
        if (_offlineTimer is null && AnyPresent is { } resource) await DeliverOfflineAsync(resource);
        Settle();
    }

    private async ValueTask RemoveDeliveredAsync()
    {
        if (_offlineToRemove == 0) return;
        try
        {
            await RemoveOfflineAsync(_offlineToRemove);
        }
        catch (Exception exception)
        {
            LogOfflineNotRemoved(exception);
            TryOfflineAgainLater();
        }
    }

    private Resource? AnyPresent => _resources.Values.FirstOrDefault(resource => resource.IsPresent);
}
