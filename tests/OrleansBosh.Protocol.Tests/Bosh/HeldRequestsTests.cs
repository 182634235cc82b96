using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Who waits, and until when: callers that have gone do not count.</summary>
public sealed class HeldRequestsTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Fact, Trait("Rule", "B-RID-04")]
    public void The_highest_request_whose_time_is_up_is_found_among_those_with_a_caller()
    {
        var held = Held((1, 11, 5), (2, 12, 4), (3, null, 1), (4, 14, 9));
        Assert.Null(held.HighestExpired(At(3.9)));
        Assert.Equal(2, held.HighestExpired(At(4)));
        Assert.Equal(2, held.HighestExpired(At(5)));
        Assert.Equal(4, held.HighestExpired(At(9)));
    }

    [Fact, Trait("Rule", "B-WAIT-02")]
    public void The_next_deadline_is_the_earliest_of_those_with_a_caller()
    {
        Assert.Equal(At(4), Held((1, 11, 5), (2, 12, 4), (3, null, 1), (4, 14, 9)).NextDeadline);
        Assert.Null(Held((3, null, 1)).NextDeadline);
    }

    [Fact]
    public void Requests_are_found_by_rid_and_by_ticket_and_counted_as_long_as_somebody_waits()
    {
        var held = Held((1, 11, 5), (2, null, 5));
        Assert.Equal((2, 1, true), (held.Count, held.LiveCount, held.HasLive));
        Assert.Equal(2, held.Find(2)!.Rid);
        Assert.Equal(1, held.FindTicket(11)!.Rid);
        Assert.Null(held.Find(3));
        Assert.Null(held.FindTicket(12));
        held.RemoveLowest();
        Assert.Equal((1, 0, false), (held.Count, held.LiveCount, held.HasLive));
        Assert.Equal(2, held[0].Rid);
        held.Clear();
        Assert.Equal(0, held.Count);
    }

    private static DateTimeOffset At(double seconds) => Start + TimeSpan.FromSeconds(seconds);

    private static HeldRequests Held(params (long Rid, long? Ticket, double Deadline)[] requests)
    {
        var held = new HeldRequests();
        foreach (var (rid, ticket, deadline) in requests) held.Add(new(rid, ticket, At(deadline), null));
        return held;
    }
}
