using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansBosh.Cluster.Sessions;

namespace OrleansBosh.Cluster.Tests.Support;

/// <summary>
/// Listens to the Meter of one node, and adds up. A series is written like <c>bosh.server.requests{bosh.request.kind=empty}</c>; one that
/// never moved is 0.
/// </summary>
internal sealed class MeterRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _sums = new();
    private readonly ConcurrentDictionary<string, long> _observed = new();

    /// <param name="factory">The node's factory: other nodes of this process have a Meter of the same name.</param>
    public MeterRecorder(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name != BoshMeter.Name || !ReferenceEquals(instrument.Meter.Scope, factory)) return;
            Instruments.Add(instrument);
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            _sums.AddOrUpdate(Series(instrument, tags), value, (_, sum) => sum + value));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => _observed[Series(instrument, tags)] = value);
        _listener.Start();
    }

    public ConcurrentBag<Instrument> Instruments { get; } = [];

    public long this[string series] => _sums.GetValueOrDefault(series);

    /// <summary>The present value of an instrument that is observed.</summary>
    public long Observe(string series)
    {
        _listener.RecordObservableInstruments();
        return _observed.GetValueOrDefault(series);
    }

    public void Dispose() => _listener.Dispose();

    private static string Series(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0) return instrument.Name;
        var texts = new List<string>(tags.Length);
        foreach (var (key, value) in tags) texts.Add($"{key}={value}");
        return $"{instrument.Name}{{{string.Join(',', texts)}}}";
    }
}
