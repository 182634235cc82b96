using System.Collections.Concurrent;
using System.Globalization;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>
/// A user who goes on adding contacts and writing to somebody who is away, so that each step has to be stored, and who keeps account of
/// what the server said to each.
/// </summary>
internal sealed class StoredWrites
{
    public const string Password = "secret";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly XNamespace Roster = "jabber:iq:roster";

    private readonly BoshClient _writer;
    private readonly string _reader;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, bool> _isContactAccepted = new();
    private readonly ConcurrentDictionary<int, byte> _refusedMessages = new();
    private readonly Task _writing;
    private readonly Task _listening;
    private volatile int _count;

    /// <summary>Begins.</summary>
    /// <param name="writer">Logged in.</param>
    /// <param name="reader">The local part of one who is away.</param>
    public StoredWrites(BoshClient writer, string reader)
    {
        _writer = writer;
        _reader = reader;
        _writing = WriteAsync();
        _listening = ListenAsync();
    }

    /// <summary>Waits until a contact that is added from now on is accepted.</summary>
    public Task AcceptedAsync(CancellationToken cancellation)
    {
        var first = _count + 1;
        return UntilAsync(() => _isContactAccepted.Any(write => write.Key >= first && write.Value), "a contact is accepted", cancellation);
    }

    /// <summary>Waits until both a contact and a message are refused.</summary>
    public Task RefusedAsync(CancellationToken cancellation) =>
        UntilAsync(() => _isContactAccepted.Values.Contains(false) && !_refusedMessages.IsEmpty, "a contact and a message are refused", cancellation);

    /// <summary>Ends it, and looks for all that was accepted.</summary>
    /// <returns>How much that was.</returns>
    public async Task<string> AssertNothingAcceptedIsLostAsync(Func<Task<BoshClient>> logInReader, CancellationToken cancellation)
    {
        await _stop.CancelAsync();
        await _writing.WaitAsync(cancellation);
        var accepted = _isContactAccepted.Where(write => write.Value).Select(write => $"contact{write.Key}@{ClusterTest.Domain}").ToArray();
        var roster = await _writer.IqAsync(StanzaXml.Iq("get", new XElement(Roster + "query")), cancellation);
        Assert.Empty(accepted.Except(roster.Descendants(Roster + "item").Select(item => item.Attribute("jid")!.Value)));

        await using var reader = await logInReader();
        var missing = Enumerable.Range(0, _count).ToHashSet();
        // What is neither here nor refused may be under way; the test's own limit ends a wait for one that is lost.
        while (!missing.All(_refusedMessages.ContainsKey))
        {
            var arrival = reader.Stanzas.WaitToReadAsync(cancellation).AsTask();
            while (reader.Stanzas.TryRead(out var stanza))
            {
                if (stanza.Name == BoshNames.Client + "message") missing.Remove(Number(stanza.Element(BoshNames.Client + "body")!.Value));
            }

            await Task.WhenAny(arrival, Task.Delay(Pause, cancellation));
            Assert.False(cancellation.IsCancellationRequested, $"Lost: {string.Join(' ', missing.Except(_refusedMessages.Keys))}");
        }

        return $"contacts: {accepted.Length} accepted, {_isContactAccepted.Count - accepted.Length} refused; messages to one who is away: {_count - _refusedMessages.Count} stored, {_refusedMessages.Count} refused; nothing lost";
    }

    private async Task WriteAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var number = _count;
            await _writer.SendAsync(StanzaXml.Message($"{_reader}@{ClusterTest.Domain}", $"{number}", id: $"{number}"));
            var item = new XElement(Roster + "item", new XAttribute("jid", $"contact{number}@{ClusterTest.Domain}"));
            var result = await _writer.IqAsync(StanzaXml.Iq("set", new XElement(Roster + "query", item)));
            AssertWait(result);
            _isContactAccepted[number] = result.Attribute("type")?.Value == "result";
            _count = number + 1;
            await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ListenAsync()
    {
        await foreach (var stanza in _writer.Stanzas.ReadAllAsync())
        {
            if (stanza.Name != BoshNames.Client + "message" || stanza.Attribute("type")?.Value != "error") continue;
            AssertWait(stanza);
            _refusedMessages[Number(stanza.Attribute("id")!.Value)] = 0;
        }
    }

    private static void AssertWait(XElement stanza)
    {
        if (StanzaXml.ErrorCondition(stanza) is null) return;
        Assert.Equal("wait", stanza.Element(BoshNames.Client + "error")!.Attribute("type")?.Value);
    }

    private async Task UntilAsync(Func<bool> condition, string what, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            // A wrong answer is the failure, not that the condition is not met.
            if (await Task.WhenAny(_writing, _listening, Task.Delay(Pause, CancellationToken.None)) is { IsFaulted: true } failed) await failed;
            if (patience.IsCancellationRequested) throw new TimeoutException($"It is still not so: {what}; {_count} writes, {_isContactAccepted.Values.Count(accepted => accepted)} accepted.");
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
