using OrleansBosh.Cluster.Users;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Users;

public class StanzaLanesTests
{
    private readonly ScriptedCarrier _carrier = new();
    private readonly StanzaLanes _lanes;

    public StanzaLanesTests() => _lanes = new(_carrier);

    [Fact, Trait("Rule", "P-RT-11")]
    public void One_call_at_a_time_and_in_order_per_target()
    {
        var session = LaneTarget.ToSession(Guid.NewGuid());
        for (var i = 0; i < 3; i++) Add(session, i);
        Assert.Equal([["0"]], _carrier.Calls);
        _carrier.Complete(session, true);
        Assert.Equal([["0"], ["1", "2"]], _carrier.Calls);
        Add(session, 3);
        _carrier.Complete(session, true);
        _carrier.Complete(session, true);
        Assert.Equal([["0"], ["1", "2"], ["3"]], _carrier.Calls);
        Assert.True(_lanes.IsIdle);
        Assert.Equal(1, _carrier.IdleCount);
        Assert.Equal([session], _carrier.Waiting);
    }

    [Fact]
    public void A_target_that_is_stuck_keeps_no_other_waiting()
    {
        Add(LaneTarget.ToUser("slow@example.org"), 0);
        var other = LaneTarget.ToUser("other@example.org");
        Add(other, 1);
        _carrier.Complete(other, true);
        Assert.Equal([["0"], ["1"]], _carrier.Calls);
        Assert.False(_lanes.IsBusy(other));
        Assert.False(_lanes.AreUsersIdle);
    }

    [Fact, Trait("Rule", "B-INACT-04")]
    public void What_a_gone_session_did_not_take_is_returned_whole_and_in_order()
    {
        var session = LaneTarget.ToSession(Guid.NewGuid());
        for (var i = 0; i < 3; i++) Add(session, i);
        _carrier.Complete(session, true);
        Add(session, 3);
        _carrier.Complete(session, false);
        Assert.Equal(["1", "2", "3"], _carrier.Returned);
        Assert.True(_lanes.IsIdle);
    }

    [Fact, Trait("Rule", "P-RT-11")]
    public async Task A_lane_that_is_closed_during_a_call_gives_back_what_that_call_has_left()
    {
        var session = LaneTarget.ToSession(Guid.NewGuid());
        for (var i = 0; i < 3; i++) Add(session, i);
        _carrier.Complete(session, true);
        Add(session, 3);
        var rest = _lanes.CloseAsync(session, Timeout.InfiniteTimeSpan);
        Assert.False(rest.IsCompleted);
        _carrier.Complete(session, sent: 1);
        Assert.Equal(["2", "3"], IdsOf(await rest));
        Assert.Equal([["0"], ["1", "2"]], _carrier.Calls);
        Assert.Empty(_carrier.Returned);
        Assert.True(_lanes.IsIdle);
    }

    [Fact, Trait("Rule", "P-RT-11")]
    public async Task A_lane_that_is_closed_during_a_call_to_a_gone_session_gives_back_all()
    {
        var session = LaneTarget.ToSession(Guid.NewGuid());
        for (var i = 0; i < 2; i++) Add(session, i);
        var rest = _lanes.CloseAsync(session, Timeout.InfiniteTimeSpan);
        _carrier.Complete(session, false);
        Assert.Equal(["0", "1"], IdsOf(await rest));
        Assert.Empty(_carrier.Returned);
    }

    [Fact, Trait("Rule", "P-RT-11")]
    public async Task What_is_taken_back_at_the_end_is_what_no_call_is_about_to_send()
    {
        var (stuck, full) = (LaneTarget.ToSession(Guid.NewGuid()), LaneTarget.ToSession(Guid.NewGuid()));
        Add(stuck, 0);
        Add(stuck, 1);
        Add(full, 2);
        Add(full, 3);
        Add(LaneTarget.ToUser("romeo@example.org"), 4);
        _carrier.Complete(full, sent: 0);

        var unsent = _lanes.TakeUnsent().ToDictionary(lane => lane.Session, lane => IdsOf(lane.Items));

        Assert.Equal(["1"], unsent[stuck.Session]);
        Assert.Equal(["2", "3"], unsent[full.Session]);
        Assert.Equal(2, unsent.Count);
        Assert.Equal(2, _lanes.Count);
        Assert.False(_lanes.IsBusy(full));
        _carrier.Complete(stuck, false);
        Assert.Equal(["0"], _carrier.Returned);

        // The others go on as if nothing had been.
        var idle = _lanes.DrainAsync();
        _carrier.Complete(LaneTarget.ToUser("romeo@example.org"), true);
        await idle.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact, Trait("Rule", "P-RT-11")]
    public async Task Who_closes_a_lane_does_not_wait_for_what_follows_from_the_last_call()
    {
        var session = LaneTarget.ToSession(Guid.NewGuid());
        Add(session, 0);
        Add(session, 1);
        var aftermath = _carrier.HoldAftermath();
        _carrier.Complete(session, true);
        Add(session, 2);
        var rest = _lanes.CloseAsync(session, TimeSpan.Zero);
        Assert.True(rest.IsCompleted);
        Assert.Equal(["1", "2"], IdsOf(await rest));
        Assert.True(_lanes.IsIdle);
        aftermath.SetResult();
        Assert.Equal([["0"]], _carrier.Calls);
        Assert.Equal(0, _carrier.IdleCount);
    }

    [Fact]
    public void The_next_call_waits_for_what_follows_from_the_last_one()
    {
        var session = LaneTarget.ToSession(Guid.NewGuid());
        Add(session, 0);
        Add(session, 1);
        var aftermath = _carrier.HoldAftermath();
        _carrier.Complete(session, true);
        Assert.Equal([["0"]], _carrier.Calls);
        Assert.True(_lanes.IsBusy(session));
        aftermath.SetResult();
        Assert.Equal([["0"], ["1"]], _carrier.Calls);
        _carrier.Complete(session, true);
        Assert.Equal(["0", "1"], _carrier.Sent);
        Assert.True(_lanes.IsIdle);
    }

    [Fact]
    public async Task A_lane_that_waits_for_room_is_closed_at_once()
    {
        var session = LaneTarget.ToSession(Guid.NewGuid());
        Add(session, 0);
        Add(session, 1);
        _carrier.Complete(session, sent: 0);
        Assert.Equal(["0", "1"], IdsOf(await _lanes.CloseAsync(session, TimeSpan.Zero)));
        Assert.True(_lanes.IsIdle);
        Assert.Equal(0, _carrier.IdleCount);
    }

    [Fact]
    public async Task What_a_session_had_no_room_for_is_offered_again()
    {
        var session = LaneTarget.ToSession(Guid.NewGuid());
        Add(session, 0);
        var again = _carrier.NextCall;
        _carrier.Complete(session, sent: 0);
        await again.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal([["0"], ["0"]], _carrier.Calls);
    }

    [Fact]
    public async Task A_lane_whose_target_is_stuck_is_not_closed_and_returns_by_itself()
    {
        var session = LaneTarget.ToSession(Guid.NewGuid());
        Add(session, 0);
        Add(session, 1);
        Assert.Null(await _lanes.CloseAsync(session, TimeSpan.Zero));
        _carrier.Complete(session, false);
        Assert.Equal(["0", "1"], _carrier.Returned);
        Assert.True(_lanes.IsIdle);
    }

    [Fact]
    public void A_full_lane_refuses_by_number()
    {
        var user = LaneTarget.ToUser("dead@example.org");
        for (var i = 0; i < StanzaLanes.MaxItems; i++) Add(user, i); // the first one is under way
        Assert.False(_lanes.TryAdd(user, Item(0)));
        _carrier.Complete(user, true);
        Assert.True(_lanes.TryAdd(user, Item(0)));
    }

    [Fact]
    public void A_full_lane_refuses_by_size()
    {
        var user = LaneTarget.ToUser("dead@example.org");
        var large = new LaneItem(Stanza.Create("message", new(null, null, new string('x', 1024 * 1024), null, null)));
        Add(user, 0);
        var count = 0;
        while (_lanes.TryAdd(user, large)) count++;
        Assert.Equal(StanzaLanes.MaxBytes / (1024 * 1024), count);
    }

    [Fact]
    public async Task Draining_ends_when_nothing_is_under_way()
    {
        Assert.True(_lanes.DrainAsync().IsCompleted);
        var session = LaneTarget.ToSession(Guid.NewGuid());
        Add(session, 0);
        var drained = _lanes.DrainAsync();
        Assert.False(drained.IsCompleted);
        _carrier.Complete(session, true);
        await drained;
    }

    private void Add(LaneTarget target, int id) => Assert.True(_lanes.TryAdd(target, Item(id)));

    private static List<string?> IdsOf(IEnumerable<LaneItem>? items) => [.. items!.Select(item => item.Stanza.Id)];

    private static LaneItem Item(int id) =>
        new(Stanza.Create("message", new(null, null, id.ToString(System.Globalization.CultureInfo.InvariantCulture), null, null)));

    /// <summary>Lets a test say when each call returns, and what. Continuations run at once, as on one scheduler.</summary>
    private sealed class ScriptedCarrier : IStanzaCarrier
    {
        private readonly Dictionary<LaneTarget, (int Count, TaskCompletionSource<int?> Call)> _pending = [];

        private TaskCompletionSource? _nextCall;
        private Task _aftermath = Task.CompletedTask;

        public List<string?[]> Calls { get; } = [];

        public List<string?> Sent { get; } = [];

        public List<string?> Returned { get; } = [];

        public int IdleCount { get; private set; }

        public List<LaneTarget> Waiting { get; } = [];

        /// <summary>Completes with the next call that begins.</summary>
        public Task NextCall => (_nextCall = new()).Task;

        /// <summary>What follows from a call takes until the test says so.</summary>
        public TaskCompletionSource HoldAftermath()
        {
            var aftermath = new TaskCompletionSource();
            _aftermath = aftermath.Task;
            return aftermath;
        }

        /// <summary>The call has sent all, or has found nobody.</summary>
        public void Complete(LaneTarget target, bool isThere) => Complete(target, isThere ? _pending[target].Count : null);

        public void Complete(LaneTarget target, int? sent)
        {
            Assert.True(_pending.Remove(target, out var call));
            call.Call.SetResult(sent);
        }

        public Task<int?> CarryAsync(LaneTarget target, IReadOnlyList<LaneItem> items)
        {
            Calls.Add([.. items.Select(item => item.Stanza.Id)]);
            var call = new TaskCompletionSource<int?>();
            _pending.Add(target, (items.Count, call));
            _nextCall?.TrySetResult();
            return call.Task;
        }

        public Task SentAsync(IReadOnlyList<LaneItem> items, int sent)
        {
            Sent.AddRange(items.Take(sent).Select(item => item.Stanza.Id));
            return _aftermath;
        }

        public Task ReturnAsync(LaneTarget target, IReadOnlyList<LaneItem> items)
        {
            Returned.AddRange(items.Select(item => item.Stanza.Id));
            return Task.CompletedTask;
        }

        public void Waits(LaneTarget target) => Waiting.Add(target);

        public void Idle() => IdleCount++;
    }
}
