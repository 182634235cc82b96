using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>Every instrument of the Meter, with the tags that it carries when each of its values is counted once.</summary>
internal sealed class InstrumentList
{
    private readonly SortedDictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<Instrument, List<string>> _tags = [];

    public InstrumentList()
    {
        using var services = new ServiceCollection().AddMetrics().AddSingleton<LocalSessions>().AddSingleton<BoshMeter>().BuildServiceProvider();
        var factory = services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name != BoshMeter.Name || !ReferenceEquals(instrument.Meter.Scope, factory)) return;
            _tags.Add(instrument, []);
            listening.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(_tags[instrument], tags));
        listener.Start();
        CountAll(services.GetRequiredService<BoshMeter>());
    }

    public IReadOnlyDictionary<Instrument, List<string>> TagsOf => _tags;

    /// <summary>The values of each tag, in the order of the code.</summary>
    public IReadOnlyDictionary<string, List<string>> ValuesOf => _values;

    private static void CountAll(BoshMeter meter)
    {
        foreach (var condition in Enum.GetValues<BoshCondition>()) meter.RequestRefused(condition);
        foreach (var kind in Enum.GetValues<BoshRequestKind>()) meter.RequestArrived(kind);
        foreach (var limit in Enum.GetValues<BoshLimit>()) meter.LimitHit(limit);
        foreach (var cause in Enum.GetValues<SessionEndCause>()) meter.SessionEnded(new(cause, BoshCondition.None));
    }

    private void Note(List<string> keys, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (key, value) in tags)
        {
            if (!keys.Contains(key)) keys.Add(key);
            if (!_values.TryGetValue(key, out var values)) _values.Add(key, values = []);
            if (!values.Contains((string)value!)) values.Add((string)value!);
        }
    }
}
