using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Users;

/// <summary>
/// Whom this account's resources see as available. A session and the grain of its account mostly live on one silo and die together; then
/// nobody is left who could say that the resource is gone, except those who have seen it. They ask the account's next grain.
/// </summary>
internal sealed partial class UserGrain
{
    /// <summary>Contacts and senders of directed presence; strangers must not fill the memory.</summary>
    private const int MaxShown = 2000;

    /// <summary>Full JIDs, each with the silo of the session behind it.</summary>
    private readonly Dictionary<string, SiloAddress> _shown = new(StringComparer.Ordinal);

    public ValueTask<Stanza?> Show(Stanza presence, SiloAddress silo)
    {
        if (_resources.Count > 0 && (_shown.Count < MaxShown || _shown.ContainsKey(presence.From!))) SeesFrom(presence.From!, silo);
        return Receive(presence, default);
    }

    public ValueTask<bool?> IsAvailable(string resource)
    {
        if (_isSettling) return new((bool?)null);
        return new(_resources.TryGetValue(resource, out var found) && found.IsAvailable);
    }

    private void SeesFrom(string fullJid, SiloAddress silo)
    {
        _shown[fullJid] = silo;
        if (!silo.Equals(_watch.LocalSilo)) _watch.Add(Self);
    }

    /// <summary>The silo of the own session whose availability this stanza shows; null for every other stanza.</summary>
    private SiloAddress? SiloBehind(Stanza stanza)
    {
        if (stanza is not { Kind: StanzaKind.Presence, Type: null } || !Jid.TryParse(stanza.From, out var from) || from.Resource is null) return null;
        return _resources.TryGetValue(from.Resource, out var resource) ? resource.Claim.Silo : null;
    }

    private void CheckShown()
    {
        var doubtful = _shown.Where(shown => _watch.IsDead(shown.Value)).Select(shown => shown.Key).ToArray();
        if (doubtful.Length > 0) _ = CheckAsync(doubtful);
    }

    /// <summary>Runs beside the grain's turns, like the lanes, so that two users who check each other do not wait for each other.</summary>
    private async Task CheckAsync(string[] fullJids)
    {
        foreach (var fullJid in fullJids)
        {
            try
            {
                if (Jid.TryParse(fullJid, out var jid) && !await AskWhetherAvailableAsync(jid))
                {
                    await Self.Receive(Presence("unavailable", jid, _jid.Text), default);
                }
            }
            catch (Exception exception)
            {
                // That account cannot be asked now; the others can.
                LogTargetUnreachable(exception);
            }
        }
    }

    private async ValueTask<bool> AskWhetherAvailableAsync(Jid jid)
    {
        var user = GrainFactory.GetUser(jid.Bare.Text);
        while (true)
        {
            // Its session may be elsewhere and about to claim the resource.
            var rest = _watch.SettlesAt - _time.GetUtcNow();
            if (rest > TimeSpan.Zero) await Task.Delay(rest, _time);
            var answer = await _watch.AskAsync(
                () => GrainRetry.RunAsync((user, jid.Resource), static state => state.user.IsAvailable(state.Resource!)));
            if (answer is { } isAvailable) return isAvailable;

            // That silo has learned of the death a little later than this one.
            await Task.Delay(SiloWatch.SettlingTime, _time);
        }
    }
}
