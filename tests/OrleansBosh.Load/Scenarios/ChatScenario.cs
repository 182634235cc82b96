using System.Globalization;
using System.Xml.Linq;
using OrleansBosh.Load.Bosh;
using OrleansBosh.Load.Live;
using OrleansBosh.Load.Xmpp;

namespace OrleansBosh.Load.Scenarios;

/// <summary>
/// Pairs write to each other, both at the same time. An operation is a message, until it has arrived. Where there are several nodes, the
/// two of a pair start at different ones.
/// </summary>
internal sealed class ChatScenario(LoadRun run) : IScenario
{
    private readonly SessionPool _pool = new(run);
    private readonly string _filler = new('x', run.Options.Size);
    private MessageLedger[] _sent = [];
    private int[] _writers = [];

    public int? Actors => _writers.Length * run.Options.Window;

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        var count = 2 * run.Options.Pairs;
        _sent = [.. Enumerable.Range(0, count).Select(_ => new MessageLedger())];
        await _pool.OpenAsync([.. Enumerable.Range(0, count).Select(run.UserName)], Receive, cancellation);
        _writers = [.. Enumerable.Range(0, count).Where(i => Client(i).Jid is not null && Client(Partner(i)).Jid is not null)];
        // Without presence a message to an account would be stored, not delivered.
        await run.ForEachAsync(_writers, i => Client(i).SendAsync(StanzaXml.Presence(), cancellation).AsTask(), cancellation);
    }

    public Task OperateAsync(int actor, CancellationToken cancellation)
    {
        var writer = _writers[actor % _writers.Length];
        var to = Client(Partner(writer)).Jid!;
        return _sent[writer].SendAsync(
            number => Client(writer).SendAsync(StanzaXml.Message(to, Text(number)), cancellation), run.Options.Timeout, cancellation);
    }

    public async Task FinishAsync(CancellationToken cancellation)
    {
        // What is still under way behind the last message (duplicates) arrives before the answer to a ping, or before the end.
        await run.ForEachAsync(_writers.Where(i => !Client(i).Completion.IsCompleted), i => EchoScenario.PingAsync(run, Client(i), cancellation), cancellation);
        await _pool.CloseAsync(cancellation);
        run.Checks.AddLost(_sent.Sum(ledger => ledger.UnderWay));
    }

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    private static int Partner(int index) => index ^ 1;

    private BoshClient Client(int index) => _pool.Clients[index];

    private string Text(int number)
    {
        var start = string.Create(CultureInfo.InvariantCulture, $"{number} ");
        return start.Length < _filler.Length ? string.Concat(start, _filler.AsSpan(start.Length)) : start;
    }

    private void Receive(int index, XElement stanza)
    {
        if (stanza.Name != BoshNames.Client + "message")
        {
            run.ExpectNothing(stanza);
            return;
        }

        var text = stanza.Element(BoshNames.Client + "body")?.Value ?? "";
        var isOurs = stanza.Attribute("type")?.Value != "error" && stanza.Attribute("from")?.Value == Client(Partner(index)).Jid;
        if (!isOurs || !int.TryParse(text.AsSpan(0, Math.Max(0, text.IndexOf(' ', StringComparison.Ordinal))), out var number)) number = -1;
        switch (_sent[Partner(index)].Arrive(number))
        {
            case MessageArrival.Duplicate: run.Checks.AddDuplicate(); break;
            case MessageArrival.OutOfOrder: run.Checks.AddOutOfOrder(); break;
            case MessageArrival.Foreign: run.Checks.AddForeign(); break;
            default: break;
        }
    }
}
