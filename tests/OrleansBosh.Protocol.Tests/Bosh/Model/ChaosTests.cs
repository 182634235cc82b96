using CsCheck;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Bosh.Model;

/// <summary>Clients that break every rule, and backends that do: the engine must not throw, must answer once, and must end for good.</summary>
public sealed class ChaosTests
{
    [Fact, Trait("Rule", "B-HOLD-08"), Trait("Rule", "B-TERM-03")]
    public void Whatever_a_client_does_each_caller_is_answered_once_and_ends_are_final()
    {
        // 1,000 sessions of 50 to 150 steps: about 100 000 steps.
        Gen.Select(Gen.Bool, Gen.Bool, Gen.UInt.Array[50, 150]).Sample(
            (isPolling, acks, steps) =>
            {
                var chaos = new Chaos(isPolling, acks);
                foreach (var step in steps) chaos.Step(step);
                chaos.Finish();
            },
            iter: 1000,
            threads: 1);
    }

    private sealed class Chaos
    {
        private static readonly BoshSessionSettings Settings = SessionScript.TestSettings with
        {
            MaxOutboxStanzas = 3, MaxQueueStanzas = 6, MaxAnswerStanzas = 2, MaxRepeats = 5, MaxQuickEmpties = 5, MaxCachedAnswers = 3,
        };

        private static readonly string?[] Numbers = [null, null, null, null, "1", "3", "0", "600", "x", "-1", "99999999999999999999"];
        private static readonly string?[] Types = [null, null, null, null, null, null, null, null, "terminate", "terminal", "error"];

        private readonly HashSet<long> _waiting = [];
        private BoshSession _session;
        private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
        private OutboxItem? _handed;
        private long _lastTicket;
        private long _highestRid = 1;
        private bool _isClosed;
        private bool _wasOver;

        public Chaos(bool isPolling, bool acks)
        {
            _waiting.Add(++_lastTicket);
            var body = new BoshBody { Rid = 1, Wait = "5", Hold = isPolling ? "0" : "2", Ver = "1.11", Ack = acks ? "1" : null };
            _session = BoshSession.Create(body, SessionScript.Sid, "example.com", null, Settings, _lastTicket, _now)!;
        }

        public void Step(uint seed)
        {
            var choices = new Choices(seed);
            switch (choices.Next(20))
            {
                case < 7:
                    Receive(ref choices);
                    break;
                case 7:
                    Abandon(choices.Next((int)_lastTicket + 3));
                    break;
                case < 11:
                    for (var count = choices.Next(4); count > 0; count--) _session.Send(SessionScript.Message("s"));
                    if (choices.Chance(70)) _session.Flush(_now);
                    break;
                case < 15:
                    _handed = choices.Chance(80) ? _session.NextOutboxItem : _handed;
                    if (_handed is not null) Deliver(_handed);
                    break;
                case < 17:
                    Advance(TimeSpan.FromMilliseconds(choices.Next(choices.Chance(10) ? 8_000 : 600)));
                    break;
                case 17:
                    var error = choices.Chance(50) ? new StreamError("conflict").ToStanza() : null;
                    if (choices.Chance(20)) _session.Close((BoshCondition)choices.Next(14), error, _now);
                    else _session.Bound();
                    break;
                case 18:
                    _session.ReleaseAll(_now);
                    Observe();
                    Assert.Empty(_waiting);
                    break;
                default:
                    if (choices.Chance(50)) _waiting.Clear();
                    else foreach (var ticket in _waiting.ToArray()) Abandon(ticket);
                    _session = BoshSession.Restore(_session.Capture(), null, Settings);
                    break;
            }

            Observe();
        }

        /// <summary>Everybody has gone: the session must come to its end and answer what still waits.</summary>
        public void Finish()
        {
            for (var round = 0; round < 100 && _session.NextOutboxItem is { } item; round++) Deliver(item);
            Advance(TimeSpan.FromMinutes(5));
            while (_session.NextOutboxItem is { } item) Deliver(item);
            Assert.True(_session.IsOver);
            Assert.True(_isClosed);
            Assert.Empty(_waiting);
            Assert.Null(_session.NextTick);
        }

        private void Receive(ref Choices choices)
        {
            var rid = Math.Max(1, _highestRid + choices.Next(6) - 2);
            if (choices.Chance(60)) rid = _highestRid + 1;
            if (choices.Chance(2)) rid = long.MaxValue;
            else _highestRid = Math.Max(_highestRid, rid);
            _waiting.Add(++_lastTicket);
            var wasClosed = _session.IsEnding && _isClosed;
            _session.Receive(
                new()
                {
                    Rid = rid,
                    Sid = SessionScript.Sid,
                    Type = choices.Pick(Types),
                    Pause = choices.Chance(20) ? choices.Pick(Numbers) : null,
                    Ack = choices.Chance(30) ? choices.Pick([.. Numbers, $"{rid - 1}", $"{rid - 2}", $"{rid}"]) : null,
                    Key = choices.Chance(10) ? "key" : null,
                    NewKey = choices.Chance(10) ? "key" : null,
                    Restart = choices.Chance(10),
                    Payloads = [.. Enumerable.Repeat(SessionScript.Message("c"), choices.Next(3))],
                },
                _lastTicket,
                _now);
            Observe();
            if (wasClosed) Assert.DoesNotContain(_lastTicket, _waiting);
        }

        private void Abandon(long ticket)
        {
            _waiting.Remove(ticket);
            _session.Abandon(ticket, _now);
        }

        private void Deliver(OutboxItem item)
        {
            Assert.False(_isClosed && item != _handed && item.Kind != OutboxKind.Close, "Something was to be done after the close.");
            _isClosed |= item.Kind == OutboxKind.Close;
            _session.Delivered(item, _now);
            Observe();
        }

        private void Advance(TimeSpan time)
        {
            var end = _now + time;
            while (_session.NextTick is { } next && next <= end)
            {
                if (next > _now) _now = next;
                _session.Tick(_now);
                Observe();
                Assert.False(_session.NextTick <= _now, "A tick is due again at once: a busy loop.");
            }

            _now = end;
        }

        private void Observe()
        {
            foreach (var effect in _session.TakeEffects())
            {
                Assert.True(_waiting.Remove(effect.Ticket), "An effect for a caller that does not wait.");
            }

            Assert.False(_isClosed && !_session.IsEnding, "An end was undone.");
            Assert.False(_wasOver && !_session.IsOver, "An end was undone.");
            _wasOver = _session.IsOver;
        }
    }
}
