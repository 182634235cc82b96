using System.Globalization;
using System.Xml.Linq;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Protocol.Tests.Bosh.Model;

/// <summary>What a server can know of its client's answers from the requests that come, kept beside the engine as a plain log.</summary>
internal sealed class ModelEvidence(ModelConfig config)
{
    private readonly Dictionary<long, (string[] Ids, long HighestArrived)> _answers = [];
    private readonly HashSet<string> _answered = [];
    private long _highestArrived;
    private long _acknowledged;

    /// <summary>Ids of all stanzas that have left in an answer.</summary>
    public IReadOnlySet<string> Answered => _answered;

    public void RequestArrived(BoshBody body)
    {
        _highestArrived = Math.Max(_highestArrived, body.Rid);
        if (!config.Acks || body.Rid == SessionScript.R0) return;
        // B-ACK-05: left out, it says that everything below has been received.
        var acknowledged = body.Ack is null ? body.Rid - 1 : long.Parse(body.Ack, CultureInfo.InvariantCulture);
        _acknowledged = Math.Max(_acknowledged, acknowledged);
    }

    /// <summary>For the first time, or again.</summary>
    public void AnswerLeft(long rid, XElement body)
    {
        string[] ids = [.. body.Elements().Select(element => (string)element.Attribute("id")!)];
        _answers[rid] = (ids, _highestArrived);
        _answered.UnionWith(ids);
    }

    /// <summary>Of all that was sent, what must be handed back.</summary>
    public IEnumerable<string> Missing(IEnumerable<string> sent, SessionEndCause cause)
    {
        var arrived = !config.IsPolling && cause is (SessionEndCause.Inactivity or SessionEndCause.Gap) ? Shown() : _answered;
        return sent.Where(id => !arrived.Contains(id));
    }

    private HashSet<string> Shown() =>
    [
        .. _answers
            .Where(answer => config.Acks ? answer.Key <= _acknowledged : answer.Value.HighestArrived < _highestArrived)
            .SelectMany(answer => answer.Value.Ids),
    ];
}
