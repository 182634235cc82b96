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

    [Fact]
    public void A_full_lane_refuses_by_number()
    {
        var user = LaneTarget.ToUser("dead@example.org");
        Add(user, 0); // under way
        for (var i = 0; i < StanzaLanes.MaxItems; i++) Add(user, i);
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

    private static LaneItem Item(int id) =>
        new(Stanza.Create("message", new(null, null, id.ToString(System.Globalization.CultureInfo.InvariantCulture), null, null)));

    /// <summary>Lets a test say when each call returns, and what. Continuations run at once, as on one scheduler.</summary>
    private sealed class ScriptedCarrier : IStanzaCarrier
    {
        private readonly Dictionary<LaneTarget, (int Count, TaskCompletionSource<int> Call)> _pending = [];

        public List<string?[]> Calls { get; } = [];

        public List<string?> Returned { get; } = [];

        public int IdleCount { get; private set; }

        public void Complete(LaneTarget target, bool isThere)
        {
            Assert.True(_pending.Remove(target, out var call));
            call.Call.SetResult(isThere ? call.Count : 0);
        }

        public Task<int> CarryAsync(LaneTarget target, IReadOnlyList<LaneItem> items)
        {
            Calls.Add([.. items.Select(item => item.Stanza.Id)]);
            _pending.Add(target, (items.Count, new()));
            return _pending[target].Call.Task;
        }

        public Task ReturnAsync(LaneTarget target, IReadOnlyList<LaneItem> items)
        {
            Returned.AddRange(items.Select(item => item.Stanza.Id));
            return Task.CompletedTask;
        }

        public void Idle() => IdleCount++;
    }
}
