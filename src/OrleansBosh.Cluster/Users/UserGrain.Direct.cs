using OrleansBosh.Cluster.Sessions;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Which addresses of the account lead to a session of this silo without a call (<see cref="DirectSessions"/>). Only while nothing that
/// came earlier is still on its way there: of one sender, nothing overtakes.
/// </summary>
internal sealed partial class UserGrain
{
    /// <summary>The one session that gets what is sent to the bare JID.</summary>
    private LocalSession? _directAccount;

    /// <summary>Earlier stanzas are being handled, with awaits in between.</summary>
    private int _handlingEarlier;

    private void OpenDirect()
    {
        if (_isSettling || _held.Count > 0 || _handlingEarlier > 0 || _offlineReader is not null) return;
        foreach (var resource in _resources.Values)
        {
            if (_lanes.IsBusy(LaneTarget.ToSession(resource.SessionId))) continue;
            var session = _localSessions.Find(resource.SessionId);
            if (session != resource.Direct)
            {
                CloseDirect(resource);
                resource.Direct = session;
                if (session is not null) _direct.Open(FullJid(resource).Text, session);
            }

            if (session is null || _directAccount is not null || _resources.Count > 1 || !resource.IsPresent) continue;
            _directAccount = session;
            _direct.Open(_jid.Text, session);
        }
    }

    private void CloseDirect(Resource resource)
    {
        CloseDirectAccount();
        if (resource.Direct is not { } session) return;
        _direct.Close(FullJid(resource).Text, session);
        resource.Direct = null;
    }

    private void CloseDirectAccount()
    {
        if (_directAccount is not { } session) return;
        _direct.Close(_jid.Text, session);
        _directAccount = null;
    }

    /// <summary>Until it is disposed of, the short way stays closed.</summary>
    private Earlier HandlingEarlier()
    {
        _handlingEarlier++;
        foreach (var resource in _resources.Values) CloseDirect(resource);
        return new(this);
    }

    void IStanzaCarrier.Waits(LaneTarget target)
    {
        if (target.User is null && FindResource(target.Session) is { } resource) CloseDirect(resource);
    }

    private readonly struct Earlier(UserGrain grain) : IDisposable
    {
        public void Dispose() => grain._handlingEarlier--;
    }
}
