using OrleansBosh.Cluster.Sessions;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Which addresses of the account lead to a session of this silo without a call (<see cref="DirectSessions"/>). None while the grain
/// changes something, since what it then hands out is older than what comes: of one sender, nothing overtakes.
/// </summary>
internal sealed partial class UserGrain
{
    /// <summary>The one session that gets what is sent to the bare JID.</summary>
    private LocalSession? _directAccount;
    private int _changes;

    /// <summary>Closes the short way until it is disposed of. Every method that changes resources, presence or what waits begins with it.</summary>
    private Change BeginChange()
    {
        _changes++;
        foreach (var resource in _resources.Values) CloseDirect(resource);
        return new(this);
    }

    private void OpenDirect()
    {
        // The lanes say that they are idle in the middle of a change, too.
        if (_changes > 0 || _isSettling || _held.Count > 0 || _offlineReader is not null) return;
        foreach (var resource in _resources.Values)
        {
            if (resource.Direct is not null || _lanes.IsBusy(LaneTarget.ToSession(resource.SessionId))) continue;
            if (_localSessions.Find(resource.SessionId) is not { } session) continue;
            resource.Direct = session;
            _direct.Open(FullJid(resource).Text, session);
            if (_resources.Count > 1 || !resource.IsPresent) continue;
            _directAccount = session;
            _direct.Open(_jid.Text, session);
        }
    }

    private void CloseDirect(Resource resource)
    {
        if (resource.Direct is not { } session) return;
        resource.Direct = null;
        _direct.Close(FullJid(resource).Text, session);
        if (_directAccount != session) return;
        _directAccount = null;
        _direct.Close(_jid.Text, session);
    }

    void IStanzaCarrier.Waits(LaneTarget target)
    {
        if (target.User is null && FindResource(target.Session) is { } resource) CloseDirect(resource);
    }

    private readonly struct Change(UserGrain grain) : IDisposable
    {
        public void Dispose()
        {
            if (--grain._changes == 0) grain.OpenDirect();
        }
    }
}
