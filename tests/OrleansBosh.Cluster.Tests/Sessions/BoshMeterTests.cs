using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>The instruments by themselves: names, units, tags, cost.</summary>
public sealed class BoshMeterTests : IDisposable
{
    private readonly ServiceProvider _services =
        new ServiceCollection().AddMetrics().AddSingleton<LocalSessions>().AddSingleton<BoshMeter>().BuildServiceProvider();
    private readonly BoshMeter _meter;
    private readonly MeterRecorder _recorder;

    public BoshMeterTests()
    {
        _recorder = new(_services.GetRequiredService<IMeterFactory>());
        _meter = _services.GetRequiredService<BoshMeter>();
    }

    public void Dispose()
    {
        _recorder.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void Every_instrument_has_a_unit_a_description_and_a_name_in_the_usual_form()
    {
        Assert.NotEmpty(_recorder.Instruments);
        Assert.All(_recorder.Instruments, instrument =>
        {
            Assert.Matches("^bosh\\.server(\\.[a-z]+(_[a-z]+)*)+$", instrument.Name);
            Assert.Matches("^(By|\\{[a-z]+\\})$", instrument.Unit);
            Assert.EndsWith(".", instrument.Description, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void What_is_observed_are_the_nodes_sessions_and_held_requests()
    {
        var sessions = _services.GetRequiredService<LocalSessions>();
        sessions.AddHeld(3);
        Assert.Equal(3, _recorder.Observe("bosh.server.held_requests"));
        sessions.AddHeld(-1);
        Assert.Equal(2, _recorder.Observe("bosh.server.held_requests"));
        Assert.Equal(0, _recorder.Observe("bosh.server.active_sessions"));
    }

    [Fact]
    public void Every_condition_is_a_series_of_its_own_named_as_on_the_wire()
    {
        foreach (var condition in Enum.GetValues<BoshCondition>()) _meter.RequestRefused(condition);
        foreach (var condition in Enum.GetValues<BoshCondition>())
        {
            Assert.Equal(1, _recorder[$"bosh.server.refused_requests{{bosh.condition={condition.ToWire() ?? "none"}}}"]);
        }
    }

    [Fact]
    public void Every_limit_is_a_series_of_its_own()
    {
        foreach (var limit in Enum.GetValues<BoshLimit>()) _meter.LimitHit(limit);
        string[] names =
        [
            "entity", "stanza_bytes", "stanza_bytes_before_login", "stanza_depth", "attributes", "payloads", "client_queue", "creation_rate",
            "bad_sid_rate", "gone_sid_rate", "registration_rate", "sessions_per_address", "sessions", "sessions_per_user", "negotiation_time",
        ];
        Assert.Equal(Enum.GetValues<BoshLimit>().Length, names.Length);
        Assert.All(names, name => Assert.Equal(1, _recorder[$"bosh.server.limit_hits{{bosh.limit={name}}}"]));
    }

    [Fact]
    public void The_end_of_a_session_is_counted_with_cause_and_condition()
    {
        _meter.SessionEnded(new(SessionEndCause.Inactivity, BoshCondition.ItemNotFound));
        _meter.SessionEnded(new(SessionEndCause.Client, BoshCondition.None));
        Assert.Equal(1, _recorder["bosh.server.ended_sessions{bosh.end.cause=inactivity,bosh.condition=item-not-found}"]);
        Assert.Equal(1, _recorder["bosh.server.ended_sessions{bosh.end.cause=client,bosh.condition=none}"]);
    }

    [Theory]
    [InlineData(SessionEndCause.Negotiation, "negotiation_time")]
    [InlineData(SessionEndCause.Queue, "client_queue")]
    [InlineData(SessionEndCause.StanzaBeforeLogin, "stanza_bytes_before_login")]
    public void An_end_by_a_limit_counts_as_a_hit_of_that_limit(SessionEndCause cause, string limit)
    {
        _meter.SessionEnded(new(cause, BoshCondition.PolicyViolation));
        Assert.Equal(1, _recorder[$"bosh.server.limit_hits{{bosh.limit={limit}}}"]);
    }

    [Fact]
    public void Bytes_add_up()
    {
        _meter.EntityReceived(100);
        _meter.EntityReceived(50);
        _meter.EntitySent(7);
        Assert.Equal(150, _recorder["bosh.server.received"]);
        Assert.Equal(7, _recorder["bosh.server.sent"]);
    }

    [Theory]
    [InlineData("terminate", null, false, "Terminate")]
    [InlineData("terminal", null, false, "Terminate")]
    [InlineData("terminate", "5", true, "Terminate")]
    [InlineData(null, "5", false, "Pause")]
    [InlineData(null, null, true, "Restart")]
    [InlineData(null, null, false, "Empty")]
    [InlineData("error", null, false, "Empty")]
    public void A_request_is_of_the_kind_that_its_attributes_say(string? type, string? pause, bool isRestart, string kind)
    {
        var body = new BoshBody { Rid = 1, Type = type, Pause = pause, Restart = isRestart };
        Assert.Equal(kind, BoshRequestKinds.KindOf(body).ToString());
    }

    [Fact]
    public void Counting_does_not_allocate()
    {
        // The recorder of this test makes strings; this listener only looks.
        _recorder.Dispose();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == BoshMeter.Name) listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.Start();
        CountAll();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) CountAll();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void CountAll()
        {
            _meter.EntityReceived(1);
            _meter.RequestArrived(BoshRequestKind.Payload);
            _meter.RequestRefused(BoshCondition.BadRequest);
            _meter.LimitHit(BoshLimit.Entity);
            _meter.SessionEnded(new(SessionEndCause.Client, BoshCondition.None));
            _meter.EntitySent(1);
        }
    }
}
