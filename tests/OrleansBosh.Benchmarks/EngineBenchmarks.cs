using BenchmarkDotNet.Attributes;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Benchmarks;

/// <summary>A step of the engine, as the grain takes it.</summary>
public class EngineBenchmarks
{
    private const long FirstRid = 1000;

    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private readonly BoshBody _ping = Wire.Read(Wire.Entity(FirstRid, "sid='s'", Wire.Ping));
    private readonly Stanza _result = Wire.Stanza("<iq xmlns='jabber:client' type='result' id='iq17' from='localhost' to='g@localhost/r'/>");
    private BoshSession _session = null!;
    private long _rid;

    [GlobalSetup]
    public void Open()
    {
        _rid = FirstRid;
        var creation = Wire.Read(Wire.Entity(_rid, "to='localhost' hold='1' wait='60' ver='1.11'", ""));
        _session = BoshSession.Create(creation, "s", "localhost", "node1.example", new(), _rid, Now)!;
        _session.Send(Wire.Stanza("<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>"));
        _session.Delivered(_session.NextOutboxItem!, Now);
        _session.Bound();
        if (_session.TakeEffects().Length != 1) throw new InvalidOperationException("The session was not created.");
    }

    [Benchmark(Description = "engine: a ping, its result, one answer")]
    public int Ping()
    {
        _rid++;
        _session.Receive(_ping with { Rid = _rid }, _rid, Now);
        var item = _session.NextOutboxItem!;
        _session.Send(_result);
        _session.Delivered(item, Now);
        return _session.TakeEffects().Length;
    }

    [GlobalCleanup]
    public void Check()
    {
        if (_session.IsEnding) throw new InvalidOperationException($"The session ended on the way: {_session.Ended}");
    }
}
