using System.Collections.Concurrent;
using System.Xml.Linq;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Scenarios;

/// <summary>
/// What a real login costs: an operation logs in, gets the roster, sends presence, waits for the presence of every contact, and leaves.
/// All users have the same contacts, who are online. Rosters that are not there yet are made first, by subscriptions in both directions.
/// </summary>
internal sealed class LoginRosterScenario(LoadRun run) : IScenario
{
    private static readonly XNamespace Roster = "jabber:iq:roster";

    private readonly SessionPool _contacts = new(run);
    private readonly ConcurrentDictionary<string, bool> _isContact = new();
    private int _visits;

    public int? Actors => run.Options.Sessions;

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        await run.RegisterAsync(Enumerable.Range(0, run.Options.Sessions).Select(run.UserName), cancellation);
        await _contacts.OpenAsync([.. Enumerable.Range(0, run.Options.Contacts).Select(i => $"{run.Options.UserPrefix}c{i}")], Befriend, cancellation);
        foreach (var contact in _contacts.Clients)
        {
            if (contact.Jid is not { } jid) continue;
            _isContact[Bare(jid)] = true;
            // The roster too: only who asked for it takes part in subscriptions (RFC 6121 §2.2).
            await contact.IqAsync(RosterQuery(), cancellation).WaitAsync(run.Options.Timeout, cancellation);
            await contact.SendAsync(StanzaXml.Presence(), cancellation);
        }

        await run.ForEachAsync(Enumerable.Range(0, run.Options.Sessions), user => SubscribeAsync(user, cancellation), cancellation);
    }

    public async Task OperateAsync(int actor, CancellationToken cancellation)
    {
        await using var client = run.NewClient(Interlocked.Increment(ref _visits));
        await run.LoginAsync(client, run.UserName(actor), cancellation);
        var present = new Countdown(_isContact.Keys);
        var watch = run.WatchAsync(client, stanza =>
        {
            if (stanza.Name.LocalName != "presence") run.ExpectNothing(stanza);
            else if (stanza.Attribute("type") is null && stanza.Attribute("from")?.Value is { } from) present.Tick(Bare(from));
        });
        var friends = Friends(await client.IqAsync(RosterQuery(), cancellation).WaitAsync(run.Options.Timeout, cancellation)).Count();
        if (friends != _isContact.Count) throw new IOException($"The roster has {friends} of {_isContact.Count} contacts.");
        await client.SendAsync(StanzaXml.Presence(), cancellation);
        await present.Completion.WaitAsync(run.Options.Timeout, cancellation);
        await run.CloseAsync(client, cancellation);
        await watch;
    }

    public Task FinishAsync(CancellationToken cancellation) => _contacts.CloseAsync(cancellation);

    public ValueTask DisposeAsync() => _contacts.DisposeAsync();

    /// <summary>Asks every contact that is not yet a friend, and waits until the server says that all are.</summary>
    private async Task SubscribeAsync(int user, CancellationToken cancellation)
    {
        await using var client = run.NewClient(user);
        await run.LoginAsync(client, run.UserName(user), cancellation);
        var roster = await client.IqAsync(RosterQuery(), cancellation).WaitAsync(run.Options.Timeout, cancellation);
        var missing = _isContact.Keys.Except(Friends(roster)).ToList();
        var friends = new Countdown(missing);
        var watch = run.WatchAsync(client, stanza =>
        {
            foreach (var friend in Friends(stanza)) friends.Tick(friend);
            if (stanza.Name.LocalName == "presence" && stanza.Attribute("type")?.Value == "subscribe")
                Send(client, StanzaXml.Presence("subscribed", stanza.Attribute("from")!.Value));
        });
        await client.SendAsync(StanzaXml.Presence(), cancellation);
        foreach (var contact in missing) await client.SendAsync(StanzaXml.Presence("subscribe", contact), cancellation);
        await friends.Completion.WaitAsync(run.Options.Timeout, cancellation);
        await run.CloseAsync(client, cancellation);
        await watch;
    }

    /// <summary>A contact takes everybody who asks, and asks back.</summary>
    private void Befriend(int contact, XElement stanza)
    {
        if (stanza.Name.LocalName != "presence" || stanza.Attribute("type")?.Value != "subscribe") return;
        var user = stanza.Attribute("from")!.Value;
        Send(_contacts.Clients[contact], StanzaXml.Presence("subscribed", user));
        Send(_contacts.Clients[contact], StanzaXml.Presence("subscribe", user));
    }

    // Whoever receives must not wait for room among what is sent.
    private void Send(BoshClient client, XElement stanza) => _ = run.TryAsync(() => client.SendAsync(stanza).AsTask(), CancellationToken.None);

    private static XElement RosterQuery() => StanzaXml.Iq("get", new XElement(Roster + "query"));

    /// <summary>The bare JIDs of a roster or a roster push with subscriptions in both directions.</summary>
    private static IEnumerable<string> Friends(XElement iq) =>
        iq.Elements(Roster + "query").Elements(Roster + "item").Where(item => item.Attribute("subscription")?.Value == "both").Select(item => item.Attribute("jid")!.Value);

    private static string Bare(string jid) => jid.Split('/')[0];

    /// <summary>Completes when every one of some names has come. For one thread at a time.</summary>
    private sealed class Countdown
    {
        private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly HashSet<string> _missing;

        public Countdown(IEnumerable<string> names)
        {
            _missing = [.. names];
            Check();
        }

        public Task Completion => _completion.Task;

        public void Tick(string name)
        {
            if (_missing.Remove(name)) Check();
        }

        private void Check()
        {
            if (_missing.Count == 0) _completion.TrySetResult();
        }
    }
}
